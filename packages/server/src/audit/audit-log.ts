import { createHmac, timingSafeEqual } from "node:crypto";
import type { AuditEntry } from "./audit-entry.ts";
import { type AuditFilter, readByFilter } from "./newest-entries.ts";
import { type Database, openDatabase, type Tables } from "../store/database.ts";
import type { CommitFigures } from "../store/group-commit.ts";

/** Whether the log is as it was written; else where it first is not, and why. */
export type AuditProof =
  | { readonly isIntact: true; readonly head: string }
  | { readonly isIntact: false; readonly problem: string };

// The triggers keep honest programs from changing entries; the chain of hashes shows what dishonest ones have done.
const schema = `CREATE TABLE IF NOT EXISTS audit (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, entry TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS audit_by_time ON audit (at);
CREATE TRIGGER IF NOT EXISTS audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TABLE IF NOT EXISTS audit_beginning (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL, seal TEXT NOT NULL
) STRICT;
DROP TRIGGER IF EXISTS audit_is_not_deleted;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit WHEN OLD.sequence > coalesce((SELECT sequence FROM audit_beginning), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;`;

interface Row {
  readonly sequence: number;
  readonly at: number;
  readonly entry: string;
  readonly hash: string;
}

const start = "0".repeat(64);

/** How many entries are checked before other work gets its turn: some milliseconds' worth. */
const rowsAtOnce = 200;

/** The table of the audit log. */
export const auditTables: Tables = { schema };

/** Opens the audit log of a data folder. */
export const openAuditLog = (dataFolder: string, key: Uint8Array): AuditLog =>
  auditLogOn(openDatabase(dataFolder, "audit.sqlite", auditTables), key);

/**
 * The audit log on a database that has its table. Each entry's hash, made with the key, covers the entry and the hash
 * before it.
 */
export function auditLogOn(db: Database, key: Uint8Array) {
  const hashOf = (before: string, row: Omit<Row, "hash">): string =>
    createHmac("sha256", key)
      .update(JSON.stringify([before, row.sequence, row.at, row.entry]))
      .digest("hex");
  const sealOf = (sequence: number, hash: string): string =>
    createHmac("sha256", key)
      .update(JSON.stringify(["the log begins after", sequence, hash]))
      .digest("hex");
  let last: Pick<Row, "sequence" | "hash"> | undefined;
  const gathered: Row[] = [];
  db.beforeCommit(() => insert(db, gathered.splice(0)));
  db.onRollback(() => {
    last = undefined;
    gathered.length = 0;
  });
  const add = ({ at, ...rest }: Omit<AuditEntry, "sequence">): void => {
    last ??= db.get<Row>("SELECT * FROM audit ORDER BY sequence DESC LIMIT 1") ?? { sequence: 0, hash: start };
    const row = { sequence: last.sequence + 1, at, entry: JSON.stringify(rest) };
    const hash = hashOf(last.hash, row);
    gathered.push({ ...row, hash });
    last = { sequence: row.sequence, hash };
  };
  return {
    /** Resolves once the entry is on the disk. */
    append: (entry: Omit<AuditEntry, "sequence">): Promise<void> => db.write(() => add(entry)),
    /** As `append`, without hurry. */
    appendSoon: (entry: Omit<AuditEntry, "sequence">): Promise<void> => db.writeDeferred(() => add(entry)),
    /** Entries from a time on, oldest first, after one that was read before. */
    read({
      since,
      after,
      count,
    }: {
      readonly since: number;
      readonly after: number;
      readonly count: number;
    }): readonly AuditEntry[] {
      return db
        .all<Row>("SELECT * FROM audit WHERE at >= ? AND sequence > ? ORDER BY sequence LIMIT ?", since, after, count)
        .map(({ sequence, at, entry }) => ({
          sequence,
          at,
          ...(JSON.parse(entry) as Omit<AuditEntry, "sequence" | "at">),
        })); // written by `append`
    },
    /** Entries that a filter lets through, for people, and how many there are. */
    readByFilter: (filter: AuditFilter) => readByFilter(db, filter),
    /** Checks every entry that is kept, and yields to other work in between. */
    prove: () => prove(db, hashOf, sealOf),
    /** Deletes the oldest entries, at most so many, up to a time. The newest one stays. Resolves with how many are gone. */
    deleteBefore: (time: number, rowsMax: number): Promise<number> =>
      db.write(() => deleteBefore(db, sealOf, { time, rowsMax })),
    /** Registers a callback that learns what each transaction took. It must not throw. */
    afterCommit: (tell: (figures: CommitFigures) => void): void => db.afterCommit(tell),
    /** Has the file stay as it is until the returned function is called. */
    freeze: (): (() => void) => db.freeze(),
    close: () => db.close(),
  };
}

/** How many rows a statement takes: many together cost less than one by one. */
const rowCounts = [32, 8, 1] as const;
const insertRows = new Map(
  rowCounts.map((count) => [count, `INSERT INTO audit VALUES ${Array(count).fill("(?, ?, ?, ?)").join(", ")}`]),
);

function insert(db: Database, rows: readonly Row[]): void {
  let done = 0;
  for (const [count, statement] of insertRows)
    for (; rows.length - done >= count; done += count)
      db.run(
        statement,
        ...rows.slice(done, done + count).flatMap(({ sequence, at, entry, hash }) => [sequence, at, entry, hash]),
      );
}

/** Where the log begins, since older entries were deleted. The seal, made with the key, keeps anybody else from saying so. */
interface Beginning {
  readonly sequence: number;
  readonly hash: string;
  readonly seal: string;
}

type SealOf = (sequence: number, hash: string) => string;

const beginningOf = (db: Database): Beginning | undefined =>
  db.get<Beginning>("SELECT sequence, hash, seal FROM audit_beginning");

function deleteBefore(db: Database, sealOf: SealOf, { time, rowsMax }: { time: number; rowsMax: number }): number {
  const rows = db.all<Pick<Row, "sequence" | "at" | "hash">>(
    "SELECT sequence, at, hash FROM audit ORDER BY sequence LIMIT ?",
    rowsMax + 1,
  );
  const kept = rows.findIndex(({ at }) => at >= time);
  const end = rows[(kept < 0 ? rows.length - 1 : kept) - 1]; // one that follows is the newest, or shows that there are more
  if (end === undefined) return 0;
  const { sequence, hash } = end;
  db.run("INSERT OR REPLACE INTO audit_beginning VALUES (1, ?, ?, ?)", sequence, hash, sealOf(sequence, hash));
  return db.run("DELETE FROM audit WHERE sequence <= ?", sequence);
}

const falseBeginning = { isIntact: false, problem: "Where the log begins is not as it was written" } as const;

async function prove(db: Database, hashOf: (before: string, row: Row) => string, sealOf: SealOf): Promise<AuditProof> {
  const rowsAfter = (sequence: number) =>
    db.all<Row>("SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?", sequence, rowsAtOnce);
  let [before, sequence] = [start, 0];
  const begin = (): boolean => {
    const beginning = beginningOf(db);
    if (beginning === undefined || beginning.sequence <= sequence) return true;
    [before, sequence] = [beginning.hash, beginning.sequence];
    return isEqual(beginning.seal, sealOf(sequence, before));
  };
  if (!begin()) return falseBeginning;
  for (let rows = rowsAfter(sequence); rows.length > 0; rows = rowsAfter(sequence)) {
    for (const row of rows) {
      if (row.sequence !== sequence + 1) return { isIntact: false, problem: missing(sequence + 1, row.sequence - 1) };
      if (!isEqual(row.hash, hashOf(before, row)))
        return { isIntact: false, problem: `Entry ${row.sequence} is not as it was written` };
      [before, sequence] = [row.hash, row.sequence];
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (!begin()) return falseBeginning; // old entries may have been deleted meanwhile
  }
  const lastSequence = db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")?.seq ?? 0;
  if (lastSequence > sequence) return { isIntact: false, problem: missing(sequence + 1, lastSequence) };
  return { isIntact: true, head: before };
}

/** An audit log that is open. */
export type AuditLog = ReturnType<typeof auditLogOn>;

const missing = (from: number, to: number) =>
  from === to ? `Entry ${from} is missing` : `Entries ${from} to ${to} are missing`;

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
