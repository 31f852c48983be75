import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type CommitFigures, GroupCommit, isOutOfRoom, type Keeper, StorageUnavailable } from "./group-commit.ts";

/** WAL pages (4 KiB) before a checkpoint; high, so that a page that is rewritten many times is checkpointed once. */
const logPagesMax = 8_000;

/** SQLite's page cache: the rows of a large deployment in progress. */
const cacheKilobytes = 16_384;

/** Tables, and how those of each earlier version become those of the next, oldest first. */
export interface Tables {
  /** Makes the tables that are not there. */
  readonly schema: string;
  readonly upgrades?: readonly string[] | undefined;
}

/**
 * Opens or creates a file of a data folder, and upgrades the tables of an earlier version. Throws one clear sentence
 * when another process has it open, it cannot be written, or a later version has created it.
 */
export function openDatabase(dataFolder: string, file: string, tables: Tables): Database {
  const db = open(join(dataFolder, file), dataFolder);
  try {
    upgrade(db, tables);
  } catch (cause) {
    db.close();
    throw cannotOpen(dataFolder, cause);
  }
  return new Database(db);
}

/** An embedded database that only this process may open. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #commits: GroupCommit;

  /** On a file that is open and has the tables. With a keeper, what is written counts once that has kept it. */
  constructor(db: DatabaseSync, keeper?: Keeper) {
    this.#db = db;
    this.#commits = new GroupCommit(db, keeper);
  }

  /** Returns the first row, or undefined. `Row` is the type of the selected columns, by the schema. */
  get<Row>(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined; // the schema beside the statement types it
  }

  /** Returns all rows. */
  all<Row>(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values) as unknown as readonly Row[]; // the schema beside the statement types it
  }

  /** Changes rows, and returns how many. Only within `write`. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** Whether a job of `write` is running: what it reads may still be rolled back. */
  get isWriting(): boolean {
    return this.#db.isTransaction;
  }

  /** Registers a callback for rollbacks: what was read or remembered during the transaction may be wrong. */
  onRollback(forget: () => void): void {
    this.#commits.onRollback(forget);
  }

  /** Registers a callback that runs before a commit: it may write what jobs have gathered, all at once. */
  beforeCommit(finish: () => void): void {
    this.#commits.beforeCommit(finish);
  }

  /** Registers a callback that runs after each commit, before its jobs are answered. It must not throw. */
  afterCommit(tell: (figures: CommitFigures) => void): void {
    this.#commits.afterCommit(tell);
  }

  /**
   * Runs a job in a transaction, and resolves with its result once that is on the disk, or kept by the keeper. A job
   * that throws leaves nothing behind, and does not affect others. If any job throws, the batch is rolled back and
   * every job is retried in its own savepoint, so `work` may run twice and must be idempotent: it reads and writes this
   * database, and whatever else it changes is either rebuilt by the second run or forgotten by `onRollback`.
   */
  write<Result>(work: () => Result): Promise<Result> {
    return this.#commits.write(work, { isAtEnd: false });
  }

  /** As `write`, at the end of the transaction: the job sees what all others have written in it. */
  writeAtEnd<Result>(work: () => Result): Promise<Result> {
    return this.#commits.write(work, { isAtEnd: true });
  }

  /** As `write`, without hurry: the job shares the next transaction, or has one of its own soon. */
  writeDeferred<Result>(work: () => Result): Promise<Result> {
    return this.#commits.writeDeferred(work);
  }

  /** Resolves when what can be read now is kept, or is rolled back; undefined when that is so already. */
  get kept(): Promise<void> | undefined {
    return this.#commits.kept;
  }

  /**
   * Has the file stay as it is now until the returned function is called: what is written meanwhile goes to the log
   * beside it alone. A copy that another process makes of the file is the database of this moment.
   */
  freeze(): () => void {
    const moved = this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number }; // as SQLite names it
    if (moved.busy !== 0) throw new StorageUnavailable("Cannot hold the database still: a transaction is open");
    this.#db.exec("PRAGMA wal_autocheckpoint=0");
    return () => {
      if (this.#db.isOpen) this.#db.exec(`PRAGMA wal_autocheckpoint=${logPagesMax}`);
    };
  }

  /** Writes what is waiting; resolves when that is kept, or was rejected. */
  flush(): Promise<void> {
    return this.#commits.flush();
  }

  /** Writes no more, for a file that somebody else goes on with: what is not kept is rolled back. */
  end(): void {
    this.#commits.end();
    this.#statements.clear();
  }

  /** Writes what is waiting, and closes the file. */
  close(): void {
    this.#commits.commit();
    this.end();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    const prepared = this.#statements.get(sql);
    if (prepared !== undefined) return prepared;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** A file without a version is new, and needs no upgrade. Throws when it is of a version that this program does not know. */
function upgrade(db: DatabaseSync, { schema, upgrades = [] }: Tables): void {
  const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number }; // as SQLite names it
  const current = upgrades.length + 1;
  if (version > current)
    throw new Error(`it is of version ${version}, and this program knows versions up to ${current}. Use a later one`);
  const due = version === 0 ? [] : upgrades.slice(version - 1);
  db.exec(`BEGIN IMMEDIATE;${[schema, ...due].join(";\n")};PRAGMA user_version = ${current};COMMIT`);
}

function open(path: string, dataFolder: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path, { timeout: 0 });
    // EXCLUSIVE keeps the lock for as long as the process lives: a second process must not decide about the same deployments.
    db.exec(
      `PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=${logPagesMax}; PRAGMA cache_size=-${cacheKilobytes}; BEGIN IMMEDIATE; COMMIT`,
    );
    return db;
  } catch (cause) {
    throw cannotOpen(dataFolder, cause);
  }
}

const cannotOpen = (dataFolder: string, cause: unknown) =>
  new Error(`Cannot open the data folder "${dataFolder}": ${reason(cause)}`, { cause });

function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/database is locked|busy/i.test(message))
    return "another process uses it. End that one first, or choose another folder with --data";
  if (isOutOfRoom(cause)) return `${message}. Make room on the disk and start again`;
  if (/readonly|unable to open/i.test(message)) return `${message}. It must be writable by this user`;
  return message;
}
