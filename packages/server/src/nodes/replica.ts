import { constants, type DatabaseSync, type StatementSync } from "node:sqlite";
import { Database, type Tables } from "../store/database.ts";
import type { Keeper } from "../store/group-commit.ts";
import { type EntryChain, start } from "./entry-chain.ts";
import type { Entry, Position } from "./journal.ts";
import { replicaTables, schemaOf } from "./tables.ts";

/** An entry cannot be applied to this replica, which is to be thrown away: a new one begins from the base. */
export class Unfit extends Error {}

/** An entry is for tables that this program does not know: it is of an earlier version than the node that writes. */
export class UnknownSchema extends Error {}

/** What all nodes have: the state after some entry, in a file of SQLite's that may be thrown away. */
export class Replica {
  readonly #db: DatabaseSync;
  readonly #chain: EntryChain;
  readonly #tables: Readonly<Record<string, Tables>>;
  #position: Position;
  #schema: number;
  #noting: StatementSync | undefined;

  /** On an open file that has a position. Throws `Unfit` when it has none. */
  constructor(db: DatabaseSync, chain: EntryChain, tables = replicaTables) {
    this.#db = db;
    this.#chain = chain;
    this.#tables = tables;
    [this.#position, this.#schema] = readPosition(db);
  }

  /** Makes the tables in an empty file, at the beginning of a journal. */
  static make(db: DatabaseSync, chain: EntryChain, tables = replicaTables): Replica {
    db.exec("BEGIN IMMEDIATE");
    upgrade(db, tables);
    db.prepare(noting).run(start.sequence, start.digest, schemaOf(tables));
    db.exec("COMMIT");
    return new Replica(db, chain, tables);
  }

  get position(): Position {
    return this.#position;
  }

  /** The version of its tables. */
  get schema(): number {
    return this.#schema;
  }

  /** Whether this program's code may read and write it. */
  get isCurrent(): boolean {
    return this.#schema === schemaOf(this.#tables);
  }

  /** The file, for reading. */
  get file(): DatabaseSync {
    return this.#db;
  }

  /**
   * Applies the entry that follows, in one transaction with the position. Throws `Unfit` when it does not follow or
   * does not fit, and `UnknownSchema` when its tables are not known here; then nothing has changed.
   */
  apply(entry: Entry): void {
    if (!this.#chain.follows(this.#position, entry))
      throw new Unfit(
        `Entry ${entry.sequence} does not follow entry ${this.#position.sequence}, or was not made with the key of this house`,
      );
    const isUpgrade = entry.schema !== this.#schema;
    if (isUpgrade && entry.schema !== schemaOf(this.#tables))
      throw entry.schema > this.#schema
        ? new UnknownSchema(
            `The node that writes has tables of version ${entry.schema}, and this program knows version ${schemaOf(this.#tables)}. Upgrade it`,
          )
        : new Unfit(
            `Entry ${entry.sequence} is for tables of version ${entry.schema}, and these are of ${this.#schema}`,
          );
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      if (isUpgrade) upgrade(this.#db, this.#tables);
      const patchset = this.#chain.patchset(entry);
      if (patchset.length > 0) applyPatchset(this.#db, patchset, entry);
      this.#note(entry);
      this.#db.exec("COMMIT");
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw cause;
    }
    this.#position = { sequence: entry.sequence, digest: entry.digest };
    this.#schema = entry.schema;
  }

  /** Notes, in the transaction that has made its changes, that an entry is the last one. */
  note(entry: Entry): void {
    this.#note(entry);
    this.#position = { sequence: entry.sequence, digest: entry.digest };
  }

  /** Reads the position again, after the transaction of `note` has failed. */
  forget(): void {
    [this.#position, this.#schema] = readPosition(this.#db);
  }

  /** The database for the node that writes. It must be ended before anything else is applied. */
  forWriting(keeper: Keeper): Database {
    this.#db.exec("PRAGMA foreign_keys = ON");
    return new Database(this.#db, keeper);
  }

  /** The database for those who only read. */
  forReading(): Database {
    // A patchset has what cascades have deleted.
    this.#db.exec("PRAGMA foreign_keys = OFF");
    const database = new Database(this.#db);
    database.end();
    return database;
  }

  close(): void {
    this.#db.close();
  }

  #note({ sequence, digest, schema }: Entry): void {
    this.#noting ??= this.#db.prepare(noting);
    this.#noting.run(sequence, digest, schema);
  }
}

function applyPatchset(db: DatabaseSync, patchset: Uint8Array, { sequence }: Entry): void {
  const conflicts: number[] = [];
  const onConflict = (kind: number) => {
    conflicts.push(kind);
    return constants.SQLITE_CHANGESET_ABORT;
  };
  if (!db.applyChangeset(patchset, { onConflict }))
    throw new Unfit(`Entry ${sequence} does not fit the rows that are here (conflict ${conflicts.join(", ")})`);
}

/** Brings tables to this program's version, each from its own. Within a transaction. */
function upgrade(db: DatabaseSync, tables: Readonly<Record<string, Tables>>): void {
  const versions = new Map<string, number>();
  if (hasTable(db, "table_versions"))
    for (const row of db.prepare("SELECT name, version FROM table_versions").all())
      versions.set(String(row["name"]), Number(row["version"]));
  for (const [name, { schema, upgrades = [] }] of Object.entries(tables)) {
    const version = versions.get(name) ?? 0;
    db.exec([schema, ...(version === 0 ? [] : upgrades.slice(version - 1))].join(";\n"));
  }
  const note = db.prepare("INSERT OR REPLACE INTO table_versions VALUES (?, ?)");
  for (const [name, { upgrades = [] }] of Object.entries(tables)) note.run(name, upgrades.length + 1);
}

const hasTable = (db: DatabaseSync, name: string) =>
  db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined;

const noting = "INSERT OR REPLACE INTO position VALUES (1, ?, ?, ?)";

function readPosition(db: DatabaseSync): readonly [Position, number] {
  const row = hasTable(db, "position") ? db.prepare("SELECT * FROM position").get() : undefined;
  if (row === undefined) throw new Unfit("This file is no replica: it has no position");
  return [{ sequence: Number(row["sequence"]), digest: String(row["digest"]) }, Number(row["schema"])];
}
