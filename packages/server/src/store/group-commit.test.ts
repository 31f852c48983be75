import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Database } from "./database.ts";
import { type Keeper, StorageUnavailable } from "./group-commit.ts";

/** A keeper that decides nothing by itself: the test keeps or loses each entry. */
class Deciding implements Keeper {
  readonly entries: { readonly changes: Uint8Array; keep(): void; lose(): void }[] = [];
  isAway = false;
  behind: unknown;
  beforeCommit = (): void => undefined;
  keep(changes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.entries.push({ changes, keep: resolve, lose: () => reject(new Error("another node writes")) });
    });
  }
  onBehind(cause: unknown): void {
    this.behind = cause;
  }
}

const schema = "CREATE TABLE notes (text TEXT PRIMARY KEY)";

function open(): { db: Database; keeper: Deciding; file: DatabaseSync } {
  const file = new DatabaseSync(":memory:");
  file.exec(schema);
  const keeper = new Deciding();
  return { db: new Database(file, keeper), keeper, file };
}

const note = (db: Database, text: string) => db.run("INSERT INTO notes VALUES (?)", text);
const notes = (db: Database) => db.all<{ text: string }>("SELECT text FROM notes").map(({ text }) => text);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Whether a promise is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  await turn();
  const pending = Symbol("pending");
  return (await Promise.race([promise.catch(() => undefined), Promise.resolve(pending)])) !== pending;
}

test("a write is over when its changes are kept, and not before", async () => {
  const { db, keeper, file } = open();
  const written = db.write(() => note(db, "one"));
  assert.equal(await isSettled(written), false);
  assert.deepEqual(notes(db), ["one"], "the rounds of this process see it");
  assert.notEqual(db.kept, undefined, "and know that it may yet be rolled back");
  assert.equal(db.isWriting, true);

  keeper.entries[0]?.keep();
  await written;
  assert.equal(db.kept, undefined);
  const copy = new DatabaseSync(":memory:");
  copy.exec(schema);
  copy.applyChangeset(keeper.entries[0]?.changes ?? new Uint8Array());
  assert.deepEqual(copy.prepare("SELECT * FROM notes").all(), file.prepare("SELECT * FROM notes").all());
});

test("what comes while changes are on their way shares the next entry", async () => {
  const { db, keeper } = open();
  const first = db.write(() => note(db, "one"));
  await turn();
  const others = [
    db.write(() => note(db, "two")),
    db.writeAtEnd(() => note(db, "four")),
    db.writeDeferred(() => note(db, "three")),
  ];
  await turn();
  assert.equal(keeper.entries.length, 1);
  keeper.entries[0]?.keep();
  await first;
  await turn();
  assert.equal(keeper.entries.length, 2);
  keeper.entries[1]?.keep();
  await Promise.all(others);
  assert.deepEqual(notes(db).toSorted(), ["four", "one", "three", "two"]);
});

test("what was not kept is rolled back, and those who wrote it are told", async () => {
  const { db, keeper } = open();
  let rollbacks = 0;
  db.onRollback(() => void (rollbacks += 1));
  const written = db.write(() => note(db, "lost"));
  await turn();
  keeper.entries[0]?.lose();
  await assert.rejects(written, StorageUnavailable);
  assert.deepEqual(notes(db), []);
  assert.equal(rollbacks, 1);
});

test("a job that throws is in no entry, and one that changes nothing needs none", async () => {
  const { db, keeper } = open();
  const failing = db.write(() => {
    note(db, "no");
    throw new Error("no");
  });
  const kept = db.write(() => note(db, "yes"));
  await turn();
  keeper.entries[0]?.keep();
  await assert.rejects(failing, /no/);
  await kept;
  assert.equal(await db.write(() => notes(db).length), 1);
  assert.equal(keeper.entries.length, 1);
});

test("after its end nothing is written, and an entry that is kept late changes nothing", async () => {
  const { db, keeper } = open();
  const open_ = db.write(() => note(db, "on its way"));
  await turn();
  const waiting = db.write(() => note(db, "waits"));
  db.end();
  await assert.rejects(open_, StorageUnavailable);
  await assert.rejects(waiting, StorageUnavailable);
  await assert.rejects(
    db.write(() => note(db, "late")),
    StorageUnavailable,
  );
  keeper.entries[0]?.keep();
  await turn();
  assert.equal(db.isWriting, false);
});

test("a keeper that is away takes no further writes", async () => {
  const { db, keeper } = open();
  keeper.isAway = true;
  await assert.rejects(
    db.write(() => note(db, "no")),
    StorageUnavailable,
  );
});

test("a file that cannot commit what is kept is behind, and says so", async () => {
  const { db, keeper } = open();
  keeper.beforeCommit = () => {
    throw new Error("database or disk is full");
  };
  const written = db.write(() => note(db, "one"));
  await turn();
  keeper.entries[0]?.keep();
  await assert.rejects(written, StorageUnavailable);
  assert.match(String(keeper.behind), /disk is full/);
});
