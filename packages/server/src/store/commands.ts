import type { Answer, LifecycleEventName } from "@sluice/engine";
import type { Database } from "./database.ts";

/** A command of the outbox. */
export interface CommandRecord {
  readonly id: string;
  /** What hosts know it by. */
  readonly identifier: string;
  readonly deploymentId: string;
  readonly targetId: string;
  readonly host: string;
  readonly event: LifecycleEventName;
}

interface Row {
  readonly id: string;
  readonly identifier: string;
  readonly deployment_id: string;
  readonly target_id: string;
  readonly host: string;
  readonly event: LifecycleEventName;
}

const columns = "id, identifier, deployment_id, target_id, host, event";
const fromRow = (row: Row): CommandRecord => ({
  id: row.id,
  identifier: row.identifier,
  deploymentId: row.deployment_id,
  targetId: row.target_id,
  host: row.host,
  event: row.event,
});

/** Commands that are kept in memory: more than are usually under way at once. */
const knownMax = 4_096;

/** Commands that wait for their hosts, and what hosts have answered. */
export function commands(db: Database) {
  const known = new Map<string, CommandRecord>();
  return {
    /** What a command is about never changes: it is read once for the requests that name it. */
    byIdentifier(identifier: string): CommandRecord | undefined {
      const found = known.get(identifier);
      if (found !== undefined) return found;
      const row = db.get<Row>(`SELECT ${columns} FROM commands WHERE identifier = ?`, identifier);
      if (row === undefined) return undefined;
      const record = fromRow(row);
      if (known.size >= knownMax) known.clear();
      known.set(identifier, record);
      return record;
    },
    /** Commands that the host has not acknowledged, oldest first. */
    openFor: (host: string): readonly CommandRecord[] =>
      db
        .all<Row>(`SELECT ${columns} FROM commands WHERE host = ? AND is_open = 1 ORDER BY issued_at, rowid`, host)
        .map(fromRow),
    /** Keeps the first answer of a kind: a second one changes nothing, but that the last progress counts. */
    answer(answer: Answer, deploymentId: string): void {
      const added = db.run(
        `INSERT INTO answers SELECT ?1, ?2, ?3, coalesce(max(sequence), 0) + 1, ?4, 1 FROM answers WHERE deployment_id = ?3 AND is_new = 1
         ON CONFLICT DO UPDATE SET answer = excluded.answer, sequence = excluded.sequence, is_new = 1 WHERE kind = 'progress'`,
        ...[answer.commandId, answer.kind, deploymentId, JSON.stringify(answer)],
      );
      if (added === 0) return;
      db.run("UPDATE commands SET is_open = 0 WHERE id = ?", answer.commandId);
    },
    newAnswers: (deploymentId: string): readonly Answer[] =>
      db
        .all<{ answer: string }>(
          "SELECT answer FROM answers WHERE deployment_id = ? AND is_new = 1 ORDER BY sequence",
          deploymentId,
        )
        .map(({ answer }) => JSON.parse(answer) as Answer), // written by `answer`
  };
}
