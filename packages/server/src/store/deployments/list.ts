import type { Database } from "../database.ts";

/** The filter of a list of deployments. */
export interface DeploymentFilter {
  readonly groupId?: string | undefined;
  readonly externalId?: string | undefined;
  /** Absent: all. */
  readonly statuses?: readonly string[] | undefined;
  readonly createdFrom?: number | undefined;
  readonly createdTo?: number | undefined;
}

/** A deployment's position in the list: its time, and its order among those of the same time. */
export interface ListedDeployment {
  readonly id: string;
  readonly createTime: number;
  readonly turn: number;
}

interface Row {
  readonly id: string;
  readonly create_time: number;
  readonly turn: number;
}

/**
 * Lists of deployments, newest first. Every query walks an index from where the page begins, so that a page costs the
 * same however many deployments there are.
 */
export function deploymentLists(db: Database) {
  return {
    /** Returns the first deployments after a position. */
    list(
      filter: DeploymentFilter,
      {
        after,
        most,
      }: { readonly after?: Pick<ListedDeployment, "createTime" | "turn"> | undefined; readonly most: number },
    ): readonly ListedDeployment[] {
      const { groupId, externalId, createdFrom = 0, createdTo = Number.MAX_SAFE_INTEGER } = filter;
      const begin =
        after === undefined || after.createTime > createdTo
          ? { createTime: createdTo, turn: Number.MAX_SAFE_INTEGER }
          : after;
      // One query for each status: the index by status and time returns each in order.
      const rows = (filter.statuses ?? [undefined]).flatMap((status) => {
        const equals = Object.entries({ group_id: groupId, status, "request ->> 'externalId'": externalId }).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        );
        const where = equals.map(([column]) => `${column} = ? AND `).join("");
        return db.all<Row>(
          `SELECT id, create_time, rowid AS turn FROM deployments WHERE ${where} create_time >= ? AND (create_time, rowid) < (?, ?) ORDER BY create_time DESC, rowid DESC LIMIT ?`,
          ...equals.map(([, value]) => value),
          createdFrom,
          begin.createTime,
          begin.turn,
          most,
        );
      });
      return rows
        .toSorted((a, b) => b.create_time - a.create_time || b.turn - a.turn)
        .slice(0, most)
        .map(({ id, create_time: createTime, turn }) => ({ id, createTime, turn }));
    },
    liveCount: (): number => db.get<{ n: number }>("SELECT count(*) AS n FROM deployments WHERE is_over = 0")?.n ?? 0,
    /** How many deployments have not ended, by status. */
    liveByStatus: (): Readonly<Record<string, number>> =>
      Object.fromEntries(
        db
          .all<{ status: string; n: number }>(
            "SELECT status, count(*) AS n FROM deployments WHERE is_over = 0 GROUP BY status",
          )
          .map(({ status, n }) => [status, n]),
      ),
    /** Returns the deployment that rolls this one back. */
    rolledBackBy: (id: string): string | undefined =>
      db.get<{ id: string }>("SELECT id FROM deployments WHERE request ->> '$.rollbackOf.deploymentId' = ?", id)?.id,
    /** Returns the follow-ups of a deployment, oldest first. */
    followersOf: (id: string): readonly string[] =>
      db
        .all<{ id: string }>(
          "SELECT id FROM deployments WHERE request ->> 'follows' = ? ORDER BY create_time, rowid",
          id,
        )
        .map((row) => row.id),
  };
}
