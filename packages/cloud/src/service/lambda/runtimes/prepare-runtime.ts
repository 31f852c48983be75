import type { LambdaContext } from "../context.ts";

/** Prepares what functions of a runtime need, so that no call waits for it, and prints once what runs them in place of AWS's runtime. */
export async function prepareRuntime(
  { runtimes, note, toldRuntimes }: Pick<LambdaContext, "runtimes" | "note" | "toldRuntimes">,
  runtime: string,
): Promise<void> {
  const found = runtimes.find(runtime);
  if (typeof found === "string") return;
  if (found.family !== "provided" && !toldRuntimes.has(runtime)) {
    toldRuntimes.add(runtime);
    note(`Functions that ask for ${runtime} run on this machine's ${found.family} ${found.version}`);
  }
  await found.modules?.();
}
