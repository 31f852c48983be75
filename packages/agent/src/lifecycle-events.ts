import type { AppSpec } from "@sluice/engine/appspec";

/** A deployment's events in the order in which they run on a host (agent.md §8.3). */
export const orderedEvents = [
  "BeforeBlockTraffic",
  "AfterBlockTraffic",
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
] as const;

/** Throws when an AppSpec file and the events that a deployment may have do not fit together (agent.md §2). */
export function checkEvents({ hooks }: AppSpec, file: string, possible: readonly string[]): void {
  const unknown = Object.keys(hooks).filter((event) => !possible.includes(event));
  if (unknown.length > 0)
    throw new Error(
      `${file} file contains unknown lifecycle events: [${unknown.map((event) => JSON.stringify(event)).join(", ")}]`,
    );
  const usual: readonly string[] = orderedEvents;
  const missing = possible.filter((event) => !usual.includes(event) && !Object.hasOwn(hooks, event));
  if (missing.length > 0)
    throw new Error(
      `You specified a lifecycle event which is not a default one and doesn't exist in your ${file} file: ${missing.join(",")}`,
    );
}
