import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type Database, openDatabase } from "./database.ts";

function open(t: TestContext): Database {
  const folder = mkdtempSync(join(tmpdir(), "sluice-database-"));
  const db = openDatabase(folder, "notes.sqlite", { schema: "CREATE TABLE notes (text TEXT NOT NULL) STRICT" });
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return db;
}

const note = (db: Database, text: string) => db.run("INSERT INTO notes VALUES (?)", text);
const notes = (db: Database) => db.all<{ text: string }>("SELECT text FROM notes").map(({ text }) => text);

test("the last work of a transaction sees what was asked for after it", async (t) => {
  const db = open(t);

  const last = db.writeAtEnd(() => notes(db));
  const written = db.write(() => note(db, "later"));

  assert.deepEqual(await last, ["later"]);
  await written;
});

test("what nobody waits for is written with what comes next, and when nothing does", async (t) => {
  const db = open(t);

  const soon = db.writeDeferred(() => note(db, "soon"));
  await db.write(() => note(db, "now"));
  assert.deepEqual(notes(db), ["soon", "now"]);
  await soon;

  await db.writeDeferred(() => note(db, "alone"));
  assert.deepEqual(notes(db), ["soon", "now", "alone"]);
});

test("work that is undone is told of, and undoes nobody else's", async (t) => {
  const db = open(t);
  let undone = 0;
  db.onRollback(() => void (undone += 1));

  const kept = db.write(() => note(db, "kept"));
  const failing = db.write(() => {
    note(db, "lost");
    throw new Error("no");
  });
  await kept;
  await assert.rejects(failing, /no/);

  assert.deepEqual(notes(db), ["kept"]);
  assert.equal(undone, 2, "all of it before it is done again, then the work that throws");
});

test("work is done once, and again only when other work of its transaction throws", async (t) => {
  const db = open(t);
  let times = 0;
  const counted = () => {
    times += 1;
    note(db, "counted");
  };

  await Promise.all([db.write(counted), db.write(() => note(db, "too"))]);
  assert.equal(times, 1);

  const again = db.write(counted);
  const failing = db.write(() => {
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);
  await again;
  assert.equal(times, 3);
  assert.deepEqual(notes(db), ["counted", "too", "counted"]);
});

test("what is gathered for the end of work is written with it, and undone with it", async (t) => {
  const db = open(t);
  let gathered: string[] = [];
  db.beforeCommit(() => {
    for (const text of gathered.splice(0)) note(db, text);
  });
  db.onRollback(() => void (gathered = []));

  await db.write(() => gathered.push("kept"));
  const failing = db.write(() => {
    gathered.push("lost");
    throw new Error("no");
  });
  const beside = db.write(() => gathered.push("beside"));
  await assert.rejects(failing, /no/);
  await beside;

  assert.deepEqual(notes(db), ["kept", "beside"]);
});

test("the tables of an earlier version are brought to this one's, and those of a later one are left alone", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-database-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const first = openDatabase(folder, "notes.sqlite", {
    schema: "CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL, more TEXT)",
  });
  await first.write(() => first.run("INSERT INTO notes VALUES ('kept', 'moved')"));
  first.close();

  const schema = "CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL); CREATE TABLE IF NOT EXISTS more (text TEXT)";
  const upgrade = "INSERT INTO more SELECT more FROM notes; ALTER TABLE notes DROP COLUMN more";
  for (const _ of ["once", "and not again"]) {
    const second = openDatabase(folder, "notes.sqlite", { schema, upgrades: [upgrade] });
    const more = second.all<{ text: string }>("SELECT text FROM more").map(({ text }) => text);
    assert.deepEqual([notes(second), more], [["kept"], ["moved"]]);
    second.close();
  }

  assert.throws(
    () => openDatabase(folder, "notes.sqlite", { schema }),
    /it is of version 2, and .* up to 1\. Use a later one/,
  );
});
