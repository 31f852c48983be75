import type { Target } from "@sluice/engine";

/** Names of the lifecycle events of targets, in the order of the first target that has them. */
export function eventNamesOf(targets: readonly Target[]): readonly string[] {
  const names = new Set<string>();
  let seen: readonly unknown[] | undefined;
  for (const { events } of targets) {
    if (events === seen) continue;
    seen = events;
    for (const { name } of events) names.add(name);
  }
  return [...names];
}

/** The event that a target is at: the one that runs or has failed, else the last one that ended; undefined: none yet. */
export function currentEvent({ events }: Pick<Target, "events">): Target["events"][number] | undefined {
  let last: Target["events"][number] | undefined;
  for (const event of events) {
    if (event.status === "Failed" || event.status === "InProgress") return event;
    if (event.status === "Pending" && event.command !== undefined) return event;
    if (event.status === "Succeeded") last = event;
  }
  return last;
}
