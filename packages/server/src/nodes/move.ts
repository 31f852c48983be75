import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { vaultFile } from "../identity/vault.ts";
import { openDatabase, type Tables } from "../store/database.ts";
import { start } from "./entry-chain.ts";
import { House } from "./house.ts";
import { noteFile } from "./moved.ts";
import { PostgresJournal } from "./postgres/postgres-journal.ts";
import { withoutPassword } from "./postgres/postgres-connection.ts";
import { Replica } from "./replica.ts";
import { currentSchema, replicaTables } from "./tables.ts";

/** The files of a data folder, with their tables. */
const files: readonly (readonly [file: string, tables: Tables | undefined])[] = [
  ["codedeploy.sqlite", replicaTables["codedeploy"]],
  ["identities.sqlite", replicaTables["identities"]],
  ["audit.sqlite", replicaTables["audit"]],
];

export interface MoveOptions {
  /** The URL of the database. */
  readonly database: string;
  readonly dataFolder: string;
  /** The file with the house's key. */
  readonly keyFile: string;
}

/**
 * Moves what a data folder has into an empty database, as the first base of its journal. The folder stays as it is, but
 * for a note, so that no server goes on with it alone. Throws one clear sentence when either is in use.
 */
export async function moveToDatabase({ database, dataFolder, keyFile }: MoveOptions): Promise<string> {
  if (!existsSync(join(dataFolder, "codedeploy.sqlite")))
    throw new Error(`Cannot move "${dataFolder}": it is no data folder. Name it with --data`);
  // Brings the files to this version's tables, and finds out whether a server uses them.
  for (const [file, tables] of files) if (tables !== undefined) openDatabase(dataFolder, file, tables).close();
  if (!existsSync(keyFile)) copyFileSync(vaultFile(dataFolder), keyFile);
  else if (readFileSync(keyFile, "utf8") !== readFileSync(vaultFile(dataFolder), "utf8"))
    throw new Error(
      `Cannot move "${dataFolder}": the key in "${keyFile}" is not the folder's own, "${vaultFile(dataFolder)}"`,
    );
  const journal = await PostgresJournal.open(database);
  try {
    if ((await journal.newestBase()) !== undefined)
      throw new Error(`Cannot move to ${withoutPassword(database)}: a house is there already. Use an empty database`);
    const house = await House.open({ dataFolder, keyFile, journal, makeSecrets: async () => undefined });
    const db = new DatabaseSync(":memory:", { enableForeignKeyConstraints: false });
    Replica.make(db, house.chain);
    for (const [file] of files) copyRows(db, join(dataFolder, file), "in");
    house.sealSecrets(db);
    const base = await house.baseOf(db, start);
    db.close();
    // The note comes first: a folder that was moved, and knows nothing of it, would become a second truth.
    writeFileSync(noteFile(dataFolder), `${withoutPassword(database)}\n`, { flush: true });
    const isMoved = await journal.addBase(base).catch((cause: unknown) => {
      rmSync(noteFile(dataFolder));
      throw cause;
    });
    if (!isMoved) {
      rmSync(noteFile(dataFolder));
      throw new Error(`Cannot move to ${withoutPassword(database)}: another house has just come there`);
    }
    return keyFile;
  } finally {
    await journal.close();
  }
}

/**
 * Makes a data folder of what a database has now: the way back, and a backup. Returns whether a node writes at the same
 * time, so that the folder is a copy. Throws one clear sentence when there is nothing, or something is in the way.
 */
export async function moveToFolder(
  { database, dataFolder, keyFile }: MoveOptions,
  folder: string,
): Promise<{ readonly isCopy: boolean }> {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`Cannot move to "${folder}": it is not empty. Name another folder`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const journal = await PostgresJournal.open(database);
  try {
    if ((await journal.newestBase()) === undefined)
      throw new Error(`Cannot move from ${withoutPassword(database)}: no house is there`);
    const from = existsSync(keyFile) ? keyFile : vaultFile(dataFolder);
    const house = await House.open({ dataFolder: folder, keyFile: from, journal, makeSecrets: async () => undefined });
    const replica = await house.openReplica();
    await readToTheEnd(journal, replica);
    if (replica.schema !== currentSchema)
      throw new Error(
        `Cannot move: the nodes have tables of version ${replica.schema}, and this program knows ${currentSchema}. Use the program of the nodes`,
      );
    house.unsealSecrets(replica);
    copyFileSync(from, vaultFile(folder));
    for (const [file, tables] of files) if (tables !== undefined) fill(folder, file, tables);
    house.discardReplica(replica);
    const lease = await journal.lease();
    return { isCopy: lease !== undefined && !lease.isOver };
  } finally {
    await journal.close();
  }
}

async function readToTheEnd(journal: PostgresJournal, replica: Replica): Promise<void> {
  for (;;) {
    const entries = await journal.after(replica.position);
    if (entries === undefined) throw new Error("The journal has changed while it was read. Try again");
    if (entries.length === 0) return;
    for (const entry of entries) replica.apply(entry);
  }
}

/** Makes a file with its tables, and fills them from the replica of the folder. */
function fill(folder: string, file: string, tables: Tables): void {
  openDatabase(folder, file, tables).close();
  const db = new DatabaseSync(join(folder, file), { enableForeignKeyConstraints: false });
  try {
    copyRows(db, join(folder, "replica.sqlite"), "out");
  } finally {
    db.close();
  }
}

/** Copies the rows of all tables that two databases have both, by the names of their columns. */
function copyRows(db: DatabaseSync, other: string, direction: "in" | "out"): void {
  db.prepare("ATTACH ? AS other").run(other);
  const tablesIn = (schema: string) =>
    db
      .prepare(`SELECT name FROM ${schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
      .all()
      .map((row) => String(row["name"]));
  const theirs = new Set(tablesIn("other"));
  db.exec("BEGIN IMMEDIATE");
  for (const table of tablesIn("main")) {
    if (!theirs.has(table) || (direction === "in" && ownTables.has(table))) continue;
    const columns = db
      .prepare(`PRAGMA main.table_info(${table})`)
      .all()
      .map((row) => `"${String(row["name"])}"`)
      .join(", ");
    db.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM other.${table}`);
  }
  db.exec("COMMIT; DETACH other");
}

/** What a replica has beside the tables of a data folder. */
const ownTables: ReadonlySet<string> = new Set(["house_secrets", "position", "table_versions"]);
