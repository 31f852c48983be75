import type { MinimumHealthyHosts } from "../world.ts";

/** How many hosts a deployment may disrupt: its minimum healthy hosts, for a fleet of a given size. */
export interface DisruptionBudget {
  /** M: hosts that must be healthy at any time, and in the end. */
  readonly minimumHealthy: number;
  /** B: hosts that may be unavailable at once, in flight or failed. If it is not positive, nothing can be deployed. */
  readonly unavailable: number;
}

/** Converts a configuration's value to numbers of hosts (deployments.md §4.2, §4.3 rule 8). */
export function disruptionBudget({ type, value }: MinimumHealthyHosts, hosts: number): DisruptionBudget {
  const minimumHealthy = minimumOf(type, value, hosts);
  // A percentage would keep a single host from ever being updated; we read it as "this host must succeed" (inferred).
  const unavailable = type === "FLEET_PERCENT" && hosts === 1 ? 1 : hosts - minimumHealthy;
  return { minimumHealthy, unavailable };
}

function minimumOf(type: MinimumHealthyHosts["type"], value: number, hosts: number): number {
  switch (type) {
    case "HOST_COUNT":
      return value;
    case "FLEET_PERCENT":
      return Math.floor((hosts * value + 99) / 100);
    case "MOST_CONCURRENCY":
      return hosts - value;
  }
}

/** How many targets are in which state. */
export interface Counts {
  readonly notStarted: number;
  readonly inFlight: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How many more targets may be taken out of service now (deployments.md §4.3 rule 2). */
export const remaining = ({ unavailable }: DisruptionBudget, { inFlight, failed }: Counts): number =>
  Math.max(0, unavailable - failed - inFlight);

/** Whether failures have used up the budget, so that no further target can be started (rule 4). */
export const isExhausted = ({ unavailable }: DisruptionBudget, { failed }: Counts): boolean => failed >= unavailable;

/** Whether a deployment whose targets are all over has succeeded (rules 4 and 5). */
export function hasSucceeded({ unavailable }: DisruptionBudget, { failed, succeeded, skipped }: Counts): boolean {
  return skipped === 0 && failed <= unavailable && succeeded > 0;
}
