import type { Answer } from "@sluice/engine";
import type { Database } from "./database.ts";

/** What hosts and gateways have answered, and no pass has dealt with yet. Those that a transaction brings are kept in memory until its end: the pass that shares it deals with most of them, and they need never be written. */
export class Answers {
  readonly #db: Database;
  /** Answers that have come in the transaction under way, by deployment, in order. */
  readonly #fresh = new Map<string, Map<string, Answer>>();
  /** Those of the table that end a command's waiting for its host. */
  #waiting: Set<string> | undefined;

  constructor(db: Database) {
    this.#db = db;
    db.onDone(() => this.#write());
    db.onUndone(() => {
      this.#fresh.clear();
      this.forget();
    });
  }

  /** What was read of the table is no longer so. */
  forget(): void {
    this.#waiting = undefined;
  }

  /** Whether a host has answered a command, and no pass has dealt with that yet. */
  isAnswered(commandId: string): boolean {
    this.#waiting ??= new Set(this.#db.all<Pick<Answer, "kind" | "commandId">>(selectWaiting).map(keyOf));
    if (this.#waiting.size === 0) return false;
    return (["acknowledged", "completed"] as const).some((kind) => this.#waiting?.has(keyOf({ kind, commandId })));
  }

  /** Keeps the first answer of a kind: a second one changes nothing, but that the last progress counts. To one that a pass has dealt with already the engine says so. */
  add(answer: Answer, deploymentId: string): void {
    const fresh = this.#fresh.get(deploymentId) ?? new Map<string, Answer>();
    this.#fresh.set(deploymentId, fresh);
    const key = keyOf(answer);
    if (answer.kind === "progress") fresh.delete(key);
    else if (fresh.has(key)) return;
    fresh.set(key, answer);
  }

  /** Answers to a deployment that are new, oldest first. */
  of(deploymentId: string): readonly Answer[] {
    const stored = this.#stored(deploymentId);
    const fresh = this.#fresh.get(deploymentId);
    if (fresh === undefined || stored.length === 0) return [...stored, ...(fresh?.values() ?? [])];
    this.#write(); // the table knows which of them are the first, and which the last
    return this.#stored(deploymentId);
  }

  /** A pass has dealt with this one. */
  dealtWith(deploymentId: string, answer: Answer): void {
    const key = keyOf(answer);
    if (this.#fresh.get(deploymentId)?.delete(key) === true) return;
    this.#waiting?.delete(key);
    this.#db.run("UPDATE answers SET is_new = 0 WHERE command_id = ? AND kind = ?", answer.commandId, answer.kind);
  }

  #stored(deploymentId: string): readonly Answer[] {
    return this.#db
      .all<{ answer: string }>(
        "SELECT answer FROM answers WHERE deployment_id = ? AND is_new = 1 ORDER BY sequence",
        deploymentId,
      )
      .map(({ answer }) => JSON.parse(answer) as Answer); // written by `#write`
  }

  #write(): void {
    for (const [deploymentId, answers] of this.#fresh)
      for (const answer of answers.values()) {
        const { commandId, kind } = answer;
        const isFirst = this.#db.run(insert, commandId, kind, deploymentId, JSON.stringify(answer)) > 0;
        if (isFirst && kind !== "progress") this.#waiting?.add(keyOf(answer));
      }
    this.#fresh.clear();
  }
}

const insert = `INSERT INTO answers SELECT ?1, ?2, ?3, coalesce(max(sequence), 0) + 1, ?4, 1 FROM answers WHERE deployment_id = ?3 AND is_new = 1
  ON CONFLICT DO UPDATE SET answer = excluded.answer, sequence = excluded.sequence, is_new = 1 WHERE kind = 'progress'`;

const selectWaiting = `SELECT command_id AS "commandId", kind FROM answers WHERE is_new = 1 AND kind <> 'progress'`;

const keyOf = ({ commandId, kind }: Pick<Answer, "kind" | "commandId">): string => `${kind} ${commandId}`;
