import type { Report } from "@sluice/engine";
import type { Database } from "../database.ts";

/**
 * Reports of hosts and gateways that no pass has seen yet. Those of the current transaction are kept in memory until
 * its end: the pass that shares the transaction settles most of them, so they need never be written.
 */
export class Reports {
  readonly #db: Database;
  /** Reports of the current transaction, by deployment, in order. */
  readonly #fresh = new Map<string, Map<string, Report>>();
  /** Keys of the stored reports that end a command's wait for its host; undefined until they are read. */
  #waiting: Set<string> | undefined;

  constructor(db: Database) {
    this.#db = db;
    db.beforeCommit(() => this.#write());
    db.onRollback(() => {
      this.#fresh.clear();
      this.forget();
    });
  }

  /** Forgets what was read of the table. */
  forget(): void {
    this.#waiting = undefined;
  }

  /** Whether there is a new report about a command. */
  isReported(commandId: string): boolean {
    this.#waiting ??= new Set(this.#db.all<Pick<Report, "kind" | "commandId">>(selectWaiting).map(keyOf));
    if (this.#waiting.size === 0) return false;
    return (["acknowledged", "completed"] as const).some((kind) => this.#waiting?.has(keyOf({ kind, commandId })));
  }

  /**
   * Adds a report. The first of a kind counts, except that the last progress replaces earlier ones. About a report that
   * comes after a pass has settled one, the engine decides.
   */
  add(report: Report, deploymentId: string): void {
    const fresh = this.#fresh.get(deploymentId) ?? new Map<string, Report>();
    this.#fresh.set(deploymentId, fresh);
    const key = keyOf(report);
    if (report.kind === "progress") fresh.delete(key);
    else if (fresh.has(key)) return;
    fresh.set(key, report);
  }

  /** Returns the new reports about a deployment, oldest first. */
  of(deploymentId: string): readonly Report[] {
    const stored = this.#stored(deploymentId);
    const fresh = this.#fresh.get(deploymentId);
    if (fresh === undefined || stored.length === 0) return [...stored, ...(fresh?.values() ?? [])];
    this.#write(); // the table decides which are the first, and which the last
    return this.#stored(deploymentId);
  }

  /** Settles a report that a pass has seen. */
  settle(deploymentId: string, report: Report): void {
    const key = keyOf(report);
    if (this.#fresh.get(deploymentId)?.delete(key) === true) return;
    this.#waiting?.delete(key);
    this.#db.run("UPDATE reports SET is_new = 0 WHERE command_id = ? AND kind = ?", report.commandId, report.kind);
  }

  #stored(deploymentId: string): readonly Report[] {
    return this.#db
      .all<{ report: string }>(
        "SELECT report FROM reports WHERE deployment_id = ? AND is_new = 1 ORDER BY sequence",
        deploymentId,
      )
      .map(({ report }) => JSON.parse(report) as Report); // written by `#write`
  }

  #write(): void {
    for (const [deploymentId, reports] of this.#fresh)
      for (const report of reports.values()) {
        const { commandId, kind } = report;
        const isFirst = this.#db.run(insert, commandId, kind, deploymentId, JSON.stringify(report)) > 0;
        if (isFirst && kind !== "progress") this.#waiting?.add(keyOf(report));
      }
    this.#fresh.clear();
  }
}

const insert = `INSERT INTO reports SELECT ?1, ?2, ?3, coalesce(max(sequence), 0) + 1, ?4, 1 FROM reports WHERE deployment_id = ?3 AND is_new = 1
  ON CONFLICT DO UPDATE SET report = excluded.report, sequence = excluded.sequence, is_new = 1 WHERE kind = 'progress'`;

const selectWaiting = `SELECT command_id AS "commandId", kind FROM reports WHERE is_new = 1 AND kind <> 'progress'`;

const keyOf = ({ commandId, kind }: Pick<Report, "kind" | "commandId">): string => `${kind} ${commandId}`;
