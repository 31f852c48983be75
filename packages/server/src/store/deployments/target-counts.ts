import type { TargetStatus } from "@sluice/engine";
import type { Database } from "../database.ts";

/** How many targets of a deployment have which status; a status that none has is absent. */
export type DeploymentCounts = Readonly<Partial<Record<TargetStatus, number>>>;

/** How many counts of deployments that are over are remembered, by database. */
const rememberedMax = 5_000;
const remembered = new WeakMap<Database, Map<string, DeploymentCounts>>();

/** Counts a deployment's targets by status. Those of a deployment that is over are counted once. */
export function byDeployment(db: Database, id: string): DeploymentCounts {
  const known = remembered.get(db) ?? new Map<string, DeploymentCounts>();
  remembered.set(db, known);
  const found = known.get(id);
  if (found !== undefined) return found;
  const rows = db.all<{ status: TargetStatus; n: number }>(
    "SELECT target ->> 'status' AS status, count(*) AS n FROM targets WHERE deployment_id = ? GROUP BY 1",
    id,
  );
  const counts = Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  const isOver = db.get("SELECT 1 FROM deployments WHERE id = ? AND is_over = 1", id) !== undefined;
  if (!isOver || db.isWriting) return counts;
  const [oldest] = known.keys();
  if (known.size >= rememberedMax && oldest !== undefined) known.delete(oldest);
  known.set(id, counts);
  return counts;
}
