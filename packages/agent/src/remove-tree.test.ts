import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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
