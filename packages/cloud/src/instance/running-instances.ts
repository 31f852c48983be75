// What other programs do with instances that run. It is apart from the rest of the cloud, which takes many times as long to load.
export { execInInstance, type Execution } from "./exec.ts";

/** Ends instances and tasks that have outlived their control plane. Returns false when there were none. */
export async function endLeftovers(options: { readonly dataFolder: string }): Promise<boolean> {
  // Who runs a command on an instance does not wait for what ends them all.
  return (await import("./leftovers.ts")).endLeftovers(options);
}
