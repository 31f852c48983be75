import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Changes cannot be kept, as when the disk is full: not a defect, and over when there is space again. */
export class StorageUnavailable extends Error {}

/** What a transaction was. */
export interface CommitFigures {
  /** How many writes have shared it. */
  readonly jobs: number;
  /** From its first write to its being kept. */
  readonly milliseconds: number;
}

/** Where changes must be kept before anybody is told of them. Without one, the file itself keeps them. */
export interface Keeper {
  /**
   * Resolves once the changes of a transaction, as SQLite's patchset, are kept. Rejects when they are not and never
   * will be: then they are rolled back.
   */
  keep(changes: Uint8Array): Promise<void>;
  /** Called when they are kept, before the file commits them: it may note in the file how far that now is. */
  beforeCommit?(): void;
  /** Called when the file could not commit what is kept: it lacks that from now on. */
  onBehind?(cause: unknown): void;
  /** Whether nothing has been kept for so long that further writes are better refused than queued. */
  readonly isAway?: boolean;
}

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long deferred writes may wait, in milliseconds. */
const deferredMilliseconds = 100;

/** The writes of one turn of the event loop share one transaction, and one fsync or one entry of a journal. */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #keeper: Keeper | undefined;
  readonly #statements = new Map<string, StatementSync>();
  #jobs: Job[] = [];
  #atEnd: Job[] = [];
  #deferred: Job[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when the open transaction is over, whatever its end. */
  #keeping: Promise<void> | undefined;
  /** The jobs of the open transaction. */
  #open: readonly Job[] = [];
  #isEnded = false;
  readonly #rollbackListeners: (() => void)[] = [];
  readonly #commitListeners: (() => void)[] = [];
  readonly #committedListeners: ((figures: CommitFigures) => void)[] = [];
  /** When the last transaction began, by `performance.now()`. */
  #begunAt = 0;

  constructor(db: DatabaseSync, keeper?: Keeper) {
    this.#db = db;
    this.#keeper = keeper;
  }

  /** Registers a callback for rollbacks. */
  onRollback(forget: () => void): void {
    this.#rollbackListeners.push(forget);
  }

  /** Registers a callback that runs before a commit. */
  beforeCommit(finish: () => void): void {
    this.#commitListeners.push(finish);
  }

  /** Registers a callback that runs after each commit, before its jobs are answered. */
  afterCommit(tell: (figures: CommitFigures) => void): void {
    this.#committedListeners.push(tell);
  }

  /** Resolves when everything that can be read now is kept, or is rolled back; undefined when that is so already. */
  get kept(): Promise<void> | undefined {
    return this.#keeping;
  }

  /** Queues a job for the transaction of this turn, or for its end. */
  write<Result>(work: () => Result, { isAtEnd }: { readonly isAtEnd: boolean }): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#refuses(reject)) return;
      if (this.#jobs.length + this.#atEnd.length === 0) setImmediate(() => this.commit());
      (isAtEnd ? this.#atEnd : this.#jobs).push({ work, resolve: resolve as (value: unknown) => void, reject }); // the job returns what `resolve` takes
    });
  }

  /** Queues a job for the next transaction, or for one of its own soon. */
  writeDeferred<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#refuses(reject)) return;
      this.#deferred.push({ work, resolve: resolve as (value: unknown) => void, reject }); // the job returns what `resolve` takes
      this.#timer ??= setTimeout(() => this.commit(), deferredMilliseconds);
    });
  }

  /** Runs the jobs that wait, unless a transaction is still open: then they are next. */
  commit(): void {
    if (this.#keeping !== undefined) return;
    const jobs = [...this.#deferred, ...this.#jobs, ...this.#atEnd];
    this.#jobs = [];
    this.#atEnd = [];
    this.#deferred = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (jobs.length === 0) return;
    let settle: readonly (() => void)[];
    this.#begunAt = performance.now();
    try {
      if (this.#keeper !== undefined) return this.#commitKept(jobs, this.#keeper);
      settle = this.#runBatch(jobs) ?? this.#runEach(jobs);
      this.#run("COMMIT");
    } catch (cause) {
      return this.#fail(jobs, cause);
    }
    this.#settle(settle);
  }

  /** Runs what waits, and resolves when no job is left: each is kept, or was rejected. */
  async flush(): Promise<void> {
    for (;;) {
      this.commit();
      if (this.#keeping === undefined) return;
      await this.#keeping;
    }
  }

  /** Rolls back what is not kept, and rejects the jobs that wait and all that come: somebody else has the file from now on. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    if (this.#keeping !== undefined) this.#rollBack();
    for (const { reject } of [...this.#open, ...this.#deferred, ...this.#jobs, ...this.#atEnd]) reject(ended());
  }

  #refuses(reject: (error: unknown) => void): boolean {
    if (this.#isEnded) reject(ended());
    else if (this.#keeper?.isAway === true)
      reject(new StorageUnavailable("Cannot write: the database that keeps all changes does not answer"));
    else return false;
    return true;
  }

  /** As a commit to the file, but the transaction stays open until its changes are kept elsewhere. */
  #commitKept(jobs: readonly Job[], keeper: Keeper): void {
    const session = this.#db.createSession();
    let settle: readonly (() => void)[];
    let changes: Uint8Array;
    try {
      settle = this.#runBatch(jobs) ?? this.#runEach(jobs);
      changes = session.patchset(); // what was rolled back to a savepoint is not in it
    } finally {
      session.close();
    }
    if (changes.length === 0) {
      this.#run("COMMIT");
      this.#settle(settle);
      return;
    }
    const end = (finish: () => void) => {
      if (this.#isEnded) return;
      this.#keeping = undefined;
      this.#open = [];
      finish();
      if (this.#jobs.length + this.#atEnd.length > 0) setImmediate(() => this.commit());
      else if (this.#deferred.length > 0) this.#timer ??= setTimeout(() => this.commit(), deferredMilliseconds);
    };
    this.#open = jobs;
    this.#keeping = keeper.keep(changes).then(
      () => end(() => this.#finishKept(jobs, settle, keeper)),
      (cause: unknown) => end(() => this.#fail(jobs, cause)),
    );
  }

  #finishKept(jobs: readonly Job[], settle: readonly (() => void)[], keeper: Keeper): void {
    try {
      keeper.beforeCommit?.();
      this.#run("COMMIT");
    } catch (cause) {
      this.#fail(jobs, cause);
      keeper.onBehind?.(cause);
      return;
    }
    this.#settle(settle);
  }

  #settle(settle: readonly (() => void)[]): void {
    const figures = { jobs: settle.length, milliseconds: performance.now() - this.#begunAt };
    for (const tell of this.#committedListeners) tell(figures);
    for (const done of settle) done();
  }

  #fail(jobs: readonly Job[], cause: unknown): void {
    this.#rollBack();
    const error =
      cause instanceof StorageUnavailable
        ? cause
        : new StorageUnavailable(`Cannot write to the data folder: ${writeTrouble(cause)}`, { cause });
    for (const { reject } of jobs) reject(error);
  }

  /**
   * Runs all jobs without savepoints, which cost time, and leaves the transaction open. Returns undefined, with nothing
   * written, when one of them throws.
   */
  #runBatch(jobs: readonly Job[]): readonly (() => void)[] | undefined {
    this.#run("BEGIN IMMEDIATE");
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
    return settle;
  }

  #runEach(jobs: readonly Job[]): readonly (() => void)[] {
    this.#run("BEGIN IMMEDIATE");
    return jobs.map((job) => this.#inSavepoint(job));
  }

  #inSavepoint({ work, resolve, reject }: Job): () => void {
    this.#run("SAVEPOINT job");
    try {
      const result = work();
      this.#finish();
      this.#run("RELEASE job");
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

  #run(sql: string): void {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    statement.run();
  }
}

const ended = () => new StorageUnavailable("Cannot write: this process no longer writes to the database");

/** Whether an error is about a full disk. */
export const isOutOfRoom = (cause: unknown): boolean =>
  cause instanceof Error && /disk is full|disk I\/O/i.test(cause.message);

function writeTrouble(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return isOutOfRoom(cause)
    ? `${message}. Make room on the disk: nothing that was acknowledged is lost, and work goes on by itself`
    : message;
}
