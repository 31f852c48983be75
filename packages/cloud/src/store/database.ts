import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

const schema = `
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, versioning TEXT) STRICT;
CREATE TABLE IF NOT EXISTS objects (
  bucket TEXT NOT NULL REFERENCES buckets (name), key TEXT NOT NULL, version_id TEXT NOT NULL, sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  is_latest INTEGER NOT NULL, is_delete_marker INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, blob TEXT,
  modified_at INTEGER NOT NULL, headers TEXT NOT NULL,
  UNIQUE (bucket, key, version_id)
) STRICT;
CREATE INDEX IF NOT EXISTS latest_objects ON objects (bucket, key) WHERE is_latest = 1;
CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, bucket TEXT NOT NULL REFERENCES buckets (name), key TEXT NOT NULL, headers TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS parts (
  upload_id TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, blob TEXT NOT NULL, modified_at INTEGER NOT NULL,
  PRIMARY KEY (upload_id, number)
) STRICT;
CREATE TABLE IF NOT EXISTS iam (kind TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS records (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (kind, id)
) STRICT;
CREATE TABLE IF NOT EXISTS metric_points (
  metric TEXT NOT NULL, at INTEGER NOT NULL, unit TEXT NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL, count REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS metric_points_by_time ON metric_points (metric, at);
CREATE TABLE IF NOT EXISTS client_tokens (token TEXT PRIMARY KEY, reservation_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS log_groups (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, retention INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS log_streams (group_name TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (group_name, name)) STRICT;
CREATE TABLE IF NOT EXISTS log_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, group_name TEXT NOT NULL, stream TEXT NOT NULL, at INTEGER NOT NULL, ingested_at INTEGER NOT NULL, message TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS log_events_by_time ON log_events (group_name, at, id);
CREATE TABLE IF NOT EXISTS functions (name TEXT PRIMARY KEY, versions_published INTEGER NOT NULL, reserved INTEGER, tags TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS function_versions (
  function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, version TEXT NOT NULL, code TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (function, version)
) STRICT;
CREATE TABLE IF NOT EXISTS function_aliases (
  function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (function, name)
) STRICT;
CREATE TABLE IF NOT EXISTS function_settings (
  function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, qualifier TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (function, qualifier, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS function_urls (
  id TEXT PRIMARY KEY, function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, qualifier TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (function, qualifier)
) STRICT;
CREATE TABLE IF NOT EXISTS function_events (
  id TEXT PRIMARY KEY, function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, qualifier TEXT NOT NULL, payload BLOB NOT NULL,
  created_at INTEGER NOT NULL, due_at INTEGER, attempts INTEGER NOT NULL, failure TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS function_events_due ON function_events (due_at);
`;

/** What the local cloud keeps, in one SQLite file. A change is on the disk when its call returns. */
export class CloudDatabase {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isInTransaction = false;

  /** Opens the file below a data folder, or makes it. The server's own lock keeps a second process away. */
  constructor(dataFolder: string) {
    mkdirSync(join(dataFolder, "cloud"), { recursive: true });
    this.#db = new DatabaseSync(join(dataFolder, "cloud", "cloud.db"), { timeout: 1000 });
    this.#db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
    this.#db.exec(schema);
  }

  /** The first row, or undefined. `Row` is what the schema says of the columns that are asked for. */
  get<Row>(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined; // the schema above types it
  }

  /** All rows. */
  all<Row>(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values) as unknown as readonly Row[]; // the schema above types it
  }

  /** Changes rows, and says how many. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** All changes of `work`, or none. One transaction within another is a part of it. */
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

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
