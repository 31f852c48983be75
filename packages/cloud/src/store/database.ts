import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** The tables of one service, in steps: the first makes them, each later one changes what those before have left. A step that has been released never changes. */
export interface Tables {
  readonly service: string;
  /** SQL. The first step must accept tables that are there: folders from before tables had versions hold them. */
  readonly steps: readonly string[];
}

/** The tables of the store itself: `records` is every `Records`. */
const ownTables: Tables = {
  service: "store",
  steps: [
    `
CREATE TABLE IF NOT EXISTS records (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (kind, id)
) STRICT;
`,
    "CREATE INDEX records_by_name ON records (kind, record ->> '$.name')",
  ],
};

/** WAL pages before a checkpoint: SQLite's own default. */
const logPages = 1000;

/** What the local cloud keeps, in one SQLite file. A change is on the disk when its call returns. */
export class CloudDatabase {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isInTransaction = false;

  /**
   * Opens the file below a data folder, or makes it, and brings these tables up to date. Throws when a later version of
   * the program has written them. The server's own lock keeps a second process away.
   */
  constructor(dataFolder: string, tables: readonly Tables[]) {
    mkdirSync(join(dataFolder, "cloud"), { recursive: true });
    this.#db = new DatabaseSync(join(dataFolder, "cloud", "cloud.db"), { timeout: 1000 });
    this.#db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
    this.transaction(() => this.#upgrade([ownTables, ...tables]));
  }

  /** Returns the first row, or undefined. `Row` is what the service's tables say of the columns that are asked for. */
  get<Row>(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined; // the service's tables type it
  }

  /** Returns all rows. */
  all<Row>(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values) as unknown as readonly Row[]; // the service's tables type it
  }

  /** Changes rows, and says how many. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** Makes all changes of `work`, or none. One transaction within another is a part of it. */
  transaction<Result>(work: () => Result): Result {
    if (this.#isInTransaction) return work();
    this.#db.exec("BEGIN IMMEDIATE");
    this.#isInTransaction = true;
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK"); // where there is no room SQLite may have done it already
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  /**
   * Has the file stay as it is now until the returned function is called: what is written meanwhile goes to the log
   * beside it alone.
   */
  freeze(): () => void {
    this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint=0");
    return () => {
      if (this.#db.isOpen) this.#db.exec(`PRAGMA wal_autocheckpoint=${logPages}`);
    };
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #upgrade(tables: readonly Tables[]): void {
    this.#db.exec(
      "CREATE TABLE IF NOT EXISTS table_versions (service TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
    );
    for (const { service, steps } of tables) {
      const row = this.get<{ version: number }>("SELECT version FROM table_versions WHERE service = ?", service);
      const version = row?.version ?? 0;
      if (version > steps.length)
        throw new Error(
          `The data folder's tables of ${service} are of version ${version}, and this program knows versions up to ${steps.length}. Use a later one`,
        );
      if (version === steps.length) continue;
      for (const step of steps.slice(version)) this.#db.exec(step);
      this.run("INSERT OR REPLACE INTO table_versions VALUES (?, ?)", service, steps.length);
    }
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
