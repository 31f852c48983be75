import { type AppSpec, hostEvents } from "@sluice/engine/appspec";

/** Throws when an AppSpec file and the events that a deployment may have do not fit together (agent.md §2). */
export function checkEvents({ hooks }: AppSpec, file: string, possible: readonly string[]): void {
  const unknown = Object.keys(hooks).filter((event) => !possible.includes(event));
  if (unknown.length > 0)
    throw new Error(
      `${file} file contains unknown lifecycle events: [${unknown.map((event) => JSON.stringify(event)).join(", ")}]`,
    );
  const usual: readonly string[] = hostEvents;
  const missing = possible.filter((event) => !usual.includes(event) && !Object.hasOwn(hooks, event));
  if (missing.length > 0)
    throw new Error(
      `You specified a lifecycle event which is not a default one and doesn't exist in your ${file} file: ${missing.join(",")}`,
    );
}
