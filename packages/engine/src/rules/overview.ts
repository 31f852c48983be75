import type { Target } from "../world.ts";

/**
 * Returns the counters of `deploymentOverview`: targets by status. Unknown ones have no counter (deployments.md §3.4).
 */
export function deploymentOverview(targets: readonly Pick<Target, "status">[]) {
  const count = (wanted: Target["status"]) => targets.filter(({ status }) => status === wanted).length;
  return {
    Pending: count("Pending"),
    InProgress: count("InProgress"),
    Succeeded: count("Succeeded"),
    Failed: count("Failed"),
    Skipped: count("Skipped"),
    Ready: count("Ready"),
  };
}
