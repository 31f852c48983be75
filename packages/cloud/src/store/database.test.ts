import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { CloudDatabase, type Tables } from "./database.ts";

const first = "CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY) STRICT";
const second = "ALTER TABLE queues ADD COLUMN delay INTEGER NOT NULL DEFAULT 5";
const queues = (...steps: readonly string[]): Tables => ({ service: "queues", steps });

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-cloud-database-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the database, has `use` work with it, and closes it again. */
function opened<Result>(folder: string, tables: Tables, use: (db: CloudDatabase) => Result): Result {
  const db = new CloudDatabase(folder, [tables]);
  try {
    return use(db);
  } finally {
    db.close();
  }
}

const rows = (db: CloudDatabase) => db.all("SELECT * FROM queues").map((row) => ({ ...(row as object) }));

test("a folder from before tables had versions is brought up to date, once", (t) => {
  const folder = newFolder(t);
  mkdirSync(join(folder, "cloud"));
  const before = new DatabaseSync(join(folder, "cloud", "cloud.db"));
  before.exec(`${first}; INSERT INTO queues VALUES ('jobs')`);
  before.close();

  for (const _ of ["brought up to date", "opened again"])
    assert.deepEqual(opened(folder, queues(first, second), rows), [{ name: "jobs", delay: 5 }]);
});

test("only the steps that are new are made", (t) => {
  const folder = newFolder(t);
  opened(folder, queues(first), (db) => db.run("INSERT INTO queues VALUES ('jobs')"));

  assert.deepEqual(opened(folder, queues(first, second), rows), [{ name: "jobs", delay: 5 }]);
});

test("tables of a later version are left alone", (t) => {
  const folder = newFolder(t);
  opened(folder, queues(first, second), () => {});

  assert.throws(() => opened(folder, queues(first), rows), /tables of queues are of version 2, .* up to 1/);
});

test("a step that fails leaves the tables as they were", (t) => {
  const folder = newFolder(t);
  opened(folder, queues(first), (db) => db.run("INSERT INTO queues VALUES ('jobs')"));

  assert.throws(() => opened(folder, queues(first, second, "ALTER TABLE nothing ADD COLUMN more"), rows), /nothing/);
  assert.deepEqual(opened(folder, queues(first), rows), [{ name: "jobs" }]);
});
