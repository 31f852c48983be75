import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** The data folder cannot be written, as when its disk is full: not a defect, and over when there is space again. */
export class StorageUnavailable extends Error {}

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long deferred writes may wait, in milliseconds. */
const deferredMilliseconds = 100;

/** WAL pages (4 KiB) before a checkpoint; high, so that a page that is rewritten many times is checkpointed once. */
const logPagesMax = 8_000;

/** SQLite's page cache: the rows of a large deployment in progress. */
const cacheKilobytes = 16_384;

/**
 * An embedded database that only this process may open. The writes of one turn of the event loop share one transaction
 * and one fsync.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #jobs: Job[] = [];
  #atEnd: Job[] = [];
  #deferred: Job[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #rollbackListeners: (() => void)[] = [];
  readonly #commitListeners: (() => void)[] = [];
  readonly #committedListeners: (() => void)[] = [];

  /**
   * Opens or creates the file, and upgrades the tables of an earlier version. Throws one clear sentence when another
   * process has it open, it cannot be written, or a later version has created it.
   */
  constructor(dataFolder: string, file: string, schema: string, upgrades: readonly string[] = []) {
    this.#db = open(join(dataFolder, file), dataFolder);
    try {
      this.#upgrade(schema, upgrades);
    } catch (cause) {
      this.#db.close();
      throw cannotOpen(dataFolder, cause);
    }
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
    this.#rollbackListeners.push(forget);
  }

  /** Registers a callback that runs before a commit: it may write what jobs have gathered, all at once. */
  beforeCommit(finish: () => void): void {
    this.#commitListeners.push(finish);
  }

  /** Registers a callback that runs after each commit, before its jobs are answered. It must not throw. */
  afterCommit(tell: () => void): void {
    this.#committedListeners.push(tell);
  }

  /**
   * Runs a job in a transaction, and resolves with its result once that is on the disk. A job that throws leaves
   * nothing behind, and does not affect others. If any job throws, the batch is rolled back and every job is retried
   * in its own savepoint, so `work` may run twice and must be idempotent: it reads and writes this database, and
   * whatever else it changes is either rebuilt by the second run or forgotten by `onRollback`.
   */
  write<Result>(work: () => Result): Promise<Result> {
    return this.#queue(this.#jobs, work);
  }

  /** As `write`, at the end of the transaction: the job sees what all others have written in it. */
  writeAtEnd<Result>(work: () => Result): Promise<Result> {
    return this.#queue(this.#atEnd, work);
  }

  /** As `write`, without hurry: the job shares the next transaction, or has one of its own soon. */
  writeDeferred<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#deferred.push({ work, resolve: resolve as (value: unknown) => void, reject }); // the job returns what `resolve` takes
      this.#timer ??= setTimeout(() => this.#commit(), deferredMilliseconds);
    });
  }

  /** Writes what is waiting, and closes the file. */
  close(): void {
    this.#commit();
    this.#statements.clear();
    this.#db.close();
  }

  #queue<Result>(jobs: Job[], work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#jobs.length + this.#atEnd.length === 0) setImmediate(() => this.#commit());
      jobs.push({ work, resolve: resolve as (value: unknown) => void, reject }); // the job returns what `resolve` takes
    });
  }

  /** A file without a version is new, and needs no upgrade. */
  #upgrade(schema: string, upgrades: readonly string[]): void {
    const { user_version: version } = this.#db.prepare("PRAGMA user_version").get() as { user_version: number }; // as SQLite names it
    const current = upgrades.length + 1;
    if (version > current)
      throw new Error(`it is of version ${version}, and this program knows versions up to ${current}. Use a later one`);
    const due = version === 0 ? [] : upgrades.slice(version - 1);
    this.#db.exec(`BEGIN IMMEDIATE;${[schema, ...due].join(";\n")};PRAGMA user_version = ${current};COMMIT`);
  }

  #commit(): void {
    const jobs = [...this.#deferred, ...this.#jobs, ...this.#atEnd];
    this.#jobs = [];
    this.#atEnd = [];
    this.#deferred = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (jobs.length === 0) return;
    let settle: readonly (() => void)[];
    try {
      settle = this.#commitBatch(jobs) ?? this.#commitEach(jobs);
    } catch (cause) {
      this.#rollBack();
      const error = new StorageUnavailable(`Cannot write to the data folder: ${writeTrouble(cause)}`, { cause });
      for (const { reject } of jobs) reject(error);
      return;
    }
    for (const tell of this.#committedListeners) tell();
    for (const done of settle) done();
  }

  /**
   * Runs all jobs without savepoints, which cost time. Returns undefined, with nothing written, when one of them
   * throws.
   */
  #commitBatch(jobs: readonly Job[]): readonly (() => void)[] | undefined {
    this.run("BEGIN IMMEDIATE");
    const settle: (() => void)[] = [];
    try {
      for (const { work, resolve } of jobs) {
        const result = work();
        settle.push(() => resolve(result));
      }
      this.#finish();
    } catch {
      this.#rollBack();
      return undefined; // which job failed, and whether the disk is full, is found when each runs in its savepoint
    }
    this.run("COMMIT");
    return settle;
  }

  #commitEach(jobs: readonly Job[]): readonly (() => void)[] {
    this.run("BEGIN IMMEDIATE");
    const settle = jobs.map((job) => this.#inSavepoint(job));
    this.run("COMMIT");
    return settle;
  }

  #inSavepoint({ work, resolve, reject }: Job): () => void {
    this.run("SAVEPOINT job");
    try {
      const result = work();
      this.#finish();
      this.run("RELEASE job");
      return () => resolve(result);
    } catch (error) {
      // When the disk is full, SQLite may have rolled back everything already, and no other job would fit either.
      if (!this.#db.isTransaction || isOutOfRoom(error)) throw error;
      this.#db.exec("ROLLBACK TO job; RELEASE job");
      for (const forget of this.#rollbackListeners) forget();
      return () => reject(error);
    }
  }

  #finish(): void {
    for (const finish of this.#commitListeners) finish();
  }

  #rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    for (const forget of this.#rollbackListeners) forget();
  }

  #prepare(sql: string): StatementSync {
    const prepared = this.#statements.get(sql);
    if (prepared !== undefined) return prepared;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
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

const isOutOfRoom = (cause: unknown) => cause instanceof Error && /disk is full|disk I\/O/i.test(cause.message);

function writeTrouble(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return isOutOfRoom(cause)
    ? `${message}. Make room on the disk: nothing that was acknowledged is lost, and work goes on by itself`
    : message;
}

function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/database is locked|busy/i.test(message))
    return "another process uses it. End that one first, or choose another folder with --data";
  if (isOutOfRoom(cause)) return `${message}. Make room on the disk and start again`;
  if (/readonly|unable to open/i.test(message)) return `${message}. It must be writable by this user`;
  return message;
}
