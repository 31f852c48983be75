import type { Database } from "./database.ts";

/** An Auto Scaling group that a deployment has created, or may have created. */
export interface CopiedGroup {
  readonly deploymentId: string;
  readonly groupId: string;
  readonly scalingGroup: string;
}

interface Row {
  readonly deployment_id: string;
  readonly group_id: string;
  readonly scaling_group: string;
}

/**
 * Auto Scaling groups that deployments create: recorded before they are created, and settled when they belong to a
 * deployment group or are gone.
 */
export function copiedGroups(db: Database) {
  return {
    add: ({ deploymentId, groupId, scalingGroup }: CopiedGroup): number =>
      db.run("INSERT OR IGNORE INTO copied_groups VALUES (?, ?, ?)", deploymentId, groupId, scalingGroup),
    settle: (deploymentId: string): number => db.run("DELETE FROM copied_groups WHERE deployment_id = ?", deploymentId),
    /** Those of deployments that have ended without success. */
    left: (): readonly CopiedGroup[] =>
      db
        .all<Row>(
          // The few that are recorded come first, not everything that is over.
          "SELECT c.deployment_id, c.group_id, c.scaling_group FROM copied_groups c CROSS JOIN deployments d ON d.id = c.deployment_id WHERE d.is_over = 1",
        )
        .map((row) => ({ deploymentId: row.deployment_id, groupId: row.group_id, scalingGroup: row.scaling_group })),
  };
}
