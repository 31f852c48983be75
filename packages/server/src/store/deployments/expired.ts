import type { Database } from "../database.ts";
import type { DeploymentCache } from "./cache.ts";

/** How far a search for old deployments has come. */
export interface ExpiryPosition {
  readonly createTime: number;
  readonly turn: number;
}

/** What a step of a deletion has done. */
export interface ExpiryStep<Position> {
  /** How many things are gone now. */
  readonly deleted: number;
  /** Where the next step goes on; absent when nothing is left to do. */
  readonly next?: Position | undefined;
}

interface Row {
  readonly id: string;
  readonly group_id: string;
  readonly create_time: number;
  readonly turn: number;
}

/** How many deployments a step looks at. */
const examinedMax = 50;

/** Where the search for old deployments begins. */
export const firstPosition: ExpiryPosition = { createTime: 0, turn: 0 };

/**
 * Deletes deployments that have ended and were created before a time, with their targets and logs. A group's last one and
 * its last success stay, and so does what others still need: the group's state is read from them.
 */
export function expiredDeployments(db: Database, cache: DeploymentCache) {
  const isNeeded = ({ id, group_id: group }: Row): boolean =>
    db.get(neededByGroup, id, group) !== undefined || db.get(neededByOthers, id) !== undefined;
  return {
    /**
     * Deletes at most so many rows, oldest first. One with more is deleted in several steps: between them it has
     * fewer targets. Only within `write`.
     */
    deleteExpired(before: number, from: ExpiryPosition, rowsMax: number): ExpiryStep<ExpiryPosition> {
      const old = db.all<Row>(selectOld, before, from.createTime, from.turn, examinedMax);
      let [left, deleted, next] = [rowsMax, 0, from];
      for (const row of old) {
        if (!isNeeded(row)) {
          for (const statement of deleteParts) left -= left > 0 ? db.run(statement, row.id, left) : 0;
          if (left <= 0) return { deleted, next };
          db.run("DELETE FROM deployments WHERE id = ?", row.id);
          cache.forget(row.id);
          deleted += 1;
          left -= 1;
        }
        next = { createTime: row.create_time, turn: row.turn };
      }
      return { deleted, next: old.length < examinedMax ? undefined : next };
    },
  };
}

const selectOld = `SELECT id, group_id, create_time, rowid AS turn FROM deployments
WHERE create_time < ? AND is_over = 1 AND (create_time, rowid) > (?, ?) ORDER BY create_time, rowid LIMIT ?`;

const lastOf = (condition: string) =>
  `?1 = (SELECT id FROM deployments WHERE group_id = ?2 ${condition} ORDER BY create_time DESC, rowid DESC LIMIT 1)`;
const neededByGroup = `SELECT 1 FROM deployment_groups WHERE id = ?2 AND (${lastOf("")} OR ${lastOf("AND status = 'Succeeded'")})`;

const neededByOthers = `SELECT 1 WHERE EXISTS (SELECT 1 FROM owed_follow_ups WHERE root_id = ?1)
OR EXISTS (SELECT 1 FROM copied_groups WHERE deployment_id = ?1)
OR EXISTS (SELECT 1 FROM deployments WHERE is_over = 0 AND ?1 IN (
  request ->> '$.rollbackOf.deploymentId', request ->> 'follows', request ->> 'restarts'))`;

const deleteParts = [
  "DELETE FROM targets WHERE rowid IN (SELECT rowid FROM targets WHERE deployment_id = ? LIMIT ?)",
  "DELETE FROM reports WHERE (command_id, kind) IN (SELECT command_id, kind FROM reports WHERE deployment_id = ? LIMIT ?)",
  "DELETE FROM fleets WHERE (deployment_id, which) IN (SELECT deployment_id, which FROM fleets WHERE deployment_id = ? LIMIT ?)",
] as const;
