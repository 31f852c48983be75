import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { openDatabase } from "../store/database.ts";
import { Backups } from "./backups.ts";

const tables = { schema: "CREATE TABLE IF NOT EXISTS facts (number INTEGER PRIMARY KEY) STRICT" };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-backups-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("the files of a backup are of one moment, however much is written while they are copied", async (t) => {
  const folder = folderOf(t);
  const files = ["a.sqlite", "b.sqlite"] as const;
  const [a, b] = files.map((file) => openDatabase(folder, file, tables));
  assert(a !== undefined && b !== undefined);
  t.after(() => [a, b].forEach((db) => db.close()));
  const backups = new Backups(folder, () => 0, [() => a.freeze(), () => b.freeze()]);
  let number = 0;
  const writeBoth = async () => {
    number += 1;
    await Promise.all([a, b].map((db) => db.write(() => db.run("INSERT INTO facts VALUES (?)", number))));
  };
  await writeBoth();

  const { backupId } = backups.begin();
  execFileSync("cp", [join(folder, "a.sqlite"), join(folder, "a.copy")]);
  for (let more = 0; more < 50; more += 1) await writeBoth();
  execFileSync("cp", [join(folder, "b.sqlite"), join(folder, "b.copy")]);
  backups.finish(backupId);

  for (const copy of ["a.copy", "b.copy"]) {
    const db = new DatabaseSync(join(folder, copy));
    assert.deepEqual({ ...db.prepare("SELECT count(*) AS n FROM facts").get() }, { n: 1 }, copy);
    db.close();
  }
  assert.deepEqual(
    [a, b].map((db) => db.get<{ n: number }>("SELECT count(*) AS n FROM facts")?.n),
    [51, 51],
  );
});

test("a backup that another one has followed, or that has taken too long, is not said to be good", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let held = 0;
  const backups = new Backups("/data", Date.now, [
    () => {
      held += 1;
      return () => void (held -= 1);
    },
  ]);
  const left = backups.begin(); // its client was killed
  const { backupId } = backups.begin();

  assert.throws(() => backups.finish(left.backupId), { code: "BackupDoesNotExistException" });
  assert.equal(held, 1);
  t.mock.timers.tick(60 * 60 * 1000);

  assert.equal(held, 0);
  assert.throws(() => backups.finish(backupId), { code: "BackupDoesNotExistException" });
});
