import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Blobs } from "./blobs.ts";

test("what is deleted during a backup has its file until the backup's end", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-blobs-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const blobs = new Blobs(folder);
  const { id } = await blobs.store(Readable.from(["revision"]));
  const path = join(folder, id.slice(0, 2), id);

  const release = blobs.keepAll();
  await blobs.delete([id]);
  assert(existsSync(path));
  release();

  assert(!existsSync(path));
});
