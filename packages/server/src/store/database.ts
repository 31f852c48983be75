import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** The data folder takes no writes, as when its disk is full: nobody's defect, and over when there is room again. */
export class StorageUnavailable extends Error {}

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long work may wait that nobody waits for, in milliseconds. */
const deferredMilliseconds = 100;

/** Pages of the write-ahead log before they are taken over into the file, 4 KiB each: a page that a deployment writes again and again is taken over once. */
const logPagesMax = 8_000;

/** What SQLite may keep of the file in memory: the rows of a large deployment under way. */
const cacheKilobytes = 16_384;

/** An embedded database that only this process may open. Writes of one event-loop turn share one transaction and one fsync. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #jobs: Job[] = [];
  #atEnd: Job[] = [];
  #deferred: Job[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #rollbackListeners: (() => void)[] = [];
  readonly #commitListeners: (() => void)[] = [];

  /** Opens or creates the file, and brings the tables of an earlier version to this one's. Throws one clear sentence when another process has it, it can't be written, or a later version has made it. */
  constructor(dataFolder: string, file: string, schema: string, upgrades: readonly string[] = []) {
    this.#db = open(join(dataFolder, file), dataFolder);
    try {
      this.#upgrade(schema, upgrades);
    } catch (cause) {
      this.#db.close();
      throw cannotOpen(dataFolder, cause);
    }
  }

  /** The first row, or undefined. `Row` is what the schema says of the columns that are asked for. */
  get<Row>(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined; // the schema beside the statement types it
  }

  /** All rows. */
  all<Row>(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values) as unknown as readonly Row[]; // the schema beside the statement types it
  }

  /** Changes rows and says how many. Only within `write`. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** Whether work of `write` runs now: what is read then may yet be undone. */
  get isWriting(): boolean {
    return this.#db.isTransaction;
  }

  /** Names who is to be told whenever work of `write` is undone: what was read or remembered meanwhile may be wrong. */
  onRollback(forget: () => void): void {
    this.#rollbackListeners.push(forget);
  }

  /** Names who still has something to write when work of `write` is done, before it is kept: it may have gathered what the work asked for, to write it at once. */
  beforeCommit(finish: () => void): void {
    this.#commitListeners.push(finish);
  }

  /**
   * Runs work in a transaction and resolves with its result once it is on the disk. Work that throws leaves nothing behind, and ends nobody else's.
   * For that, it may run twice: when some work of a transaction throws, all of it is undone, and each runs again with a limit of its own. So work must give the same when it is repeated: it reads and writes this database, and what it changes besides is either made anew by the second run or forgotten by `onRollback`.
   */
  write<Result>(work: () => Result): Promise<Result> {
    return this.#queue(this.#jobs, work);
  }

  /** As `write`, at the end of the transaction: the work sees what all others have written in it. */
  writeAtEnd<Result>(work: () => Result): Promise<Result> {
    return this.#queue(this.#atEnd, work);
  }

  /** As `write`, for what nobody waits for: it shares the transaction of whatever is written next, or has one of its own soon. */
  writeDeferred<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#deferred.push({ work, resolve: resolve as (value: unknown) => void, reject }); // `work` gives what `resolve` takes
      this.#timer ??= setTimeout(() => this.#commit(), deferredMilliseconds);
    });
  }

  /** Finishes what is waiting to be written and closes the file. */
  close(): void {
    this.#commit();
    this.#statements.clear();
    this.#db.close();
  }

  #queue<Result>(jobs: Job[], work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#jobs.length + this.#atEnd.length === 0) setImmediate(() => this.#commit());
      jobs.push({ work, resolve: resolve as (value: unknown) => void, reject }); // `work` gives what `resolve` takes
    });
  }

  /** A file without a version is new: an upgrade has nothing to do there. */
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
    for (const done of settle) done();
  }

  /** Does all jobs without a limit between them, which costs nothing; undefined, and nothing is done, when one of them throws. */
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
      return undefined; // whose error it is, and whether the disk is full, is seen when each is done alone
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
      // Where there is no room SQLite may have undone everything already, and nobody else's work would fit either.
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
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
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
