import type { DeploymentGroup } from "../../store/deployment-groups.ts";
import type { Store } from "../../store/index.ts";

/** How many launches in a row have to fail before the revision itself is considered bad (deployments.md §13, 6). */
const failuresInARow = 3;

/**
 * The first pause and the longest, in milliseconds: without one, an instance that cannot be installed would be
 * abandoned and replaced at once, endlessly.
 */
const firstMilliseconds = 30_000;
const longestMilliseconds = 30 * 60_000;

/** A pause in which new instances of a deployment group wait for their deployment. */
export interface LaunchPause {
  /** In milliseconds since the epoch. */
  readonly until: number;
  readonly failures: number;
  /** The launch deployment that failed last. */
  readonly lastFailed: string;
}

/**
 * Unlike AWS: launches of a deployment group pause when the last ones have all failed. Each failure doubles the pause;
 * a deployment of the group that succeeds ends it.
 */
export function launchPauseOf(store: Store, groupId: string): LaunchPause | undefined {
  const failed = store.deployments.failedLaunches(groupId);
  const [last] = failed;
  if (last === undefined || failed.length < failuresInARow) return undefined;
  const pause = Math.min(longestMilliseconds, firstMilliseconds * 2 ** (failed.length - failuresInARow));
  return { until: last.completeTime + pause, failures: failed.length, lastFailed: last.id };
}

/** Returns the message about a pause. */
export function pauseInWords(
  { until, failures, lastFailed }: LaunchPause,
  { name }: Pick<DeploymentGroup, "name">,
  scalingGroup: string,
): string {
  return `${failures} launches in a row have failed, ${lastFailed} the last of them: the last successful revision of the deployment group "${name}" itself seems bad. New instances of ${scalingGroup} wait for their next attempt until ${new Date(until).toISOString()}, later after each failure. Deploy a revision that works: that ends the pause. Or suspend the process Launch of ${scalingGroup}`;
}
