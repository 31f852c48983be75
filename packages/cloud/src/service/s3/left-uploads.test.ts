import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { CloudDatabase } from "../../store/database.ts";
import { Blobs } from "./blobs.ts";
import { deleteLeftUploads } from "./left-uploads.ts";
import { s3Tables } from "./tables.ts";

test("uploads that nobody completes go with all of their parts, and younger ones stay", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-uploads-"));
  const db = new CloudDatabase(folder, [s3Tables]);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const blobs = new Blobs(join(folder, "s3"));
  db.run("INSERT INTO buckets VALUES ('shelf', 0, NULL)");
  for (const [id, at, parts] of [
    ["old", 100, 120],
    ["young", 200, 2],
  ] as const) {
    db.run("INSERT INTO uploads VALUES (?, 'shelf', 'big', '{}', ?)", id, at);
    for (let number = 1; number <= parts; number += 1) {
      const { id: blob } = await blobs.store(Readable.from(["part"]));
      db.run("INSERT INTO parts VALUES (?, ?, 4, 'e', ?, ?)", id, number, blob, at);
    }
  }

  assert.equal(await deleteLeftUploads({ db, blobs }, 150), 1);

  const left = db.all<{ blob: string }>("SELECT blob FROM parts").map(({ blob }) => blob);
  assert.equal(left.length, 2);
  for (const blob of left) assert(existsSync(join(folder, "s3", blob.slice(0, 2), blob)));
  assert.equal(
    readdirSync(join(folder, "s3"), { recursive: true }).filter((name) => String(name).length > 3).length,
    2,
  );
});
