import type { Answer, LifecycleEventName } from "@sluice/engine";
import type { Answers } from "./answers.ts";
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
const selectKnown = `SELECT ${columns} FROM commands WHERE identifier = ?`;
const selectOpen = `SELECT ${columns} FROM commands WHERE host = ? AND is_open = 1 ORDER BY issued_at, rowid`;

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
export function commands(db: Database, answers: Answers) {
  const known = new Map<string, CommandRecord>();
  return {
    /** What a command is about never changes: it is read once for the requests that name it. */
    byIdentifier(identifier: string): CommandRecord | undefined {
      const found = known.get(identifier);
      if (found !== undefined) return found;
      const row = db.get<Row>(selectKnown, identifier);
      if (row === undefined) return undefined;
      const record = fromRow(row);
      if (known.size >= knownMax) known.clear();
      known.set(identifier, record);
      return record;
    },
    /** Commands that the host has not acknowledged, oldest first. */
    openFor: (host: string): readonly CommandRecord[] => db.all<Row>(selectOpen, host).map(fromRow),
    /** Takes down an answer for the next pass: the first of a kind, or the last progress. */
    answer: (answer: Answer, deploymentId: string): void => answers.add(answer, deploymentId),
    newAnswers: (deploymentId: string): readonly Answer[] => answers.of(deploymentId),
  };
}
