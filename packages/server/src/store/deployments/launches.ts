import type { Database } from "../database.ts";

/** Questions about the launch deployments of a group. */
export function launchReads(db: Database) {
  return {
    /**
     * Returns the launch deployments of a group that have failed since its last success, the latest first; at most a
     * hundred.
     */
    failedLaunches: (groupId: string): readonly { readonly id: string; readonly completeTime: number }[] =>
      db.all<{ id: string; completeTime: number }>(
        `SELECT id, state ->> 'completeTime' AS completeTime FROM deployments
WHERE group_id = ?1 AND status = 'Failed' AND state ->> 'kind' = 'launch' AND completeTime > coalesce((
  SELECT max(state ->> 'completeTime') FROM deployments
  WHERE group_id = ?1 AND status = 'Succeeded' AND state ->> 'kind' IN ('launch', 'in-place', 'blue-green')), 0)
ORDER BY completeTime DESC LIMIT 100`,
        groupId,
      ),
    /** Whether a launch deployment of a group is under way. */
    isLaunching: (groupId: string): boolean =>
      db.get(
        "SELECT 1 FROM deployments WHERE is_over = 0 AND group_id = ? AND state ->> 'kind' = 'launch'",
        groupId,
      ) !== undefined,
  };
}
