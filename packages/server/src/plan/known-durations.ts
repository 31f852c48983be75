import type { LifecycleEventName, StepName, Target } from "@sluice/engine";
import type { Store } from "../store/index.ts";

/** How long events and steps have lasted in a group, in milliseconds: the median of its last successes. */
export interface KnownDurations {
  readonly events: ReadonlyMap<LifecycleEventName, number>;
  readonly steps: ReadonlyMap<StepName, number>;
  /** The ids of the deployments that these are taken from, the latest first. */
  readonly from: readonly string[];
}

/** How many successes are looked at. */
const deploymentsMax = 3;

/** How many targets of each are looked at: a median needs no more. */
const targetsMax = 300;

/** What is assumed where nothing is known, in milliseconds. */
export const assumedEventMilliseconds = 10_000;

/** What is assumed for what the service does for a deployment as a whole, in milliseconds. */
export const assumedStepMilliseconds = 5_000;

/** Reads how long the events of a group's last successes have lasted, from the command to its outcome. */
export function knownDurations({ deployments }: Pick<Store, "deployments">, groupId: string): KnownDurations {
  const last = deployments.list({ groupId, statuses: ["Succeeded"] }, { most: deploymentsMax });
  const events = new Map<LifecycleEventName, number[]>();
  const steps = new Map<StepName, number[]>();
  for (const { id } of last) {
    for (const target of deployments.targets(id).slice(0, targetsMax)) addEvents(events, target);
    for (const { name, startTime, endTime } of deployments.byId(id)?.state.steps ?? [])
      if (endTime !== undefined) add(steps, name, endTime - startTime);
  }
  return { events: medians(events), steps: medians(steps), from: last.map(({ id }) => id) };
}

function addEvents(found: Map<LifecycleEventName, number[]>, target: Target): void {
  for (const { name, status, command, endTime } of target.events)
    if (status === "Succeeded" && command !== undefined && endTime !== undefined)
      add(found, name, endTime - command.issuedAt);
}

function add<Name>(found: Map<Name, number[]>, name: Name, milliseconds: number): void {
  const known = found.get(name);
  if (known === undefined) found.set(name, [milliseconds]);
  else known.push(milliseconds);
}

const medians = <Name>(found: ReadonlyMap<Name, readonly number[]>): ReadonlyMap<Name, number> =>
  new Map([...found].map(([name, all]) => [name, median(all)]));

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
