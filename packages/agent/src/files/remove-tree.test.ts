import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeTree } from "./remove-tree.ts";

test("a tree is removed whole, and what its links lead to stays", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-remove-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "kept"));
  writeFileSync(join(folder, "kept/file"), "");
  mkdirSync(join(folder, "tree/deep/empty"), { recursive: true });
  for (let file = 0; file < 100; file += 1) writeFileSync(join(folder, "tree/deep", String(file)), "");
  symlinkSync("../kept", join(folder, "tree/link"));

  await removeTree(join(folder, "tree"));

  assert.deepEqual([readdirSync(folder), readdirSync(join(folder, "kept"))], [["kept"], ["file"]]);
});

test("a file, a link and nothing at all are removed, too", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-remove-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "file"), "");
  symlinkSync("file", join(folder, "link"));

  for (const name of ["link", "nothing", "file"]) await removeTree(join(folder, name));

  assert.deepEqual(readdirSync(folder), []);
});

test("names that are no text are removed, and what cannot be is told when all else is gone", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-remove-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "tree/a"), { recursive: true });
  for (const byte of [0xff, 0xfe]) writeFileSync(Buffer.from([...Buffer.from(join(folder, "tree/")), byte]), "");
  if (process.getuid?.() === 0) {
    await removeTree(join(folder, "tree"));
    assert.deepEqual(readdirSync(folder), []);
    return;
  }
  writeFileSync(join(folder, "tree/a/kept"), "");
  chmodSync(join(folder, "tree/a"), 0o500);

  await assert.rejects(removeTree(join(folder, "tree")), {
    message: `EACCES: permission denied, unlink '${folder}/tree/a/kept'`,
  });

  assert.deepEqual(readdirSync(join(folder, "tree")), ["a"]);
  chmodSync(join(folder, "tree/a"), 0o700);
});
