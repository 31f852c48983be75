import type { Database } from "../database.ts";

/**
 * Deployments that have succeeded and may need a follow-up: recorded with the success, settled when none is needed any
 * more.
 */
export function owedFollowUps(db: Database) {
  return {
    add: (rootId: string): number => db.run("INSERT OR IGNORE INTO owed_follow_ups VALUES (?)", rootId),
    settle: (rootId: string): number => db.run("DELETE FROM owed_follow_ups WHERE root_id = ?", rootId),
    all: (): readonly string[] =>
      db.all<{ root_id: string }>("SELECT root_id FROM owed_follow_ups").map(({ root_id }) => root_id),
  };
}
