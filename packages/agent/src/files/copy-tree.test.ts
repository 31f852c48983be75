import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { copyLocalDirectory, copyUnpacked } from "../bundle/index.ts";
import { copyTree } from "./copy-tree.ts";
import { bytesOf } from "./system-path.ts";

function fixture(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-copy-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "from/d"), { recursive: true });
  writeFileSync(join(folder, "from/d/f"), "content");
  return folder;
}

test("a tree is copied with its links, names, modes and times", async (t) => {
  const folder = fixture(t);
  chmodSync(join(folder, "from/d"), 0o711);
  chmodSync(join(folder, "from/d/f"), 0o604);
  utimesSync(join(folder, "from/d/f"), 1_000, 2_000);
  symlinkSync("/nowhere/else", join(folder, "from/link"));
  for (const name of ["\udcff", "\udcfe", "two\nlines"])
    writeFileSync(bytesOf(join(folder, "from", name)), name.slice(-1));

  await copyTree(join(folder, "from"), join(folder, "into"), { keepsOwners: true });

  const file = statSync(join(folder, "into/d/f"));
  assert.deepEqual([file.mode & 0o777, file.mtimeMs], [0o604, 2_000_000]);
  assert.equal(statSync(join(folder, "into/d")).mode & 0o777, 0o711);
  assert.equal(readlinkSync(join(folder, "into/link")), "/nowhere/else");
  for (const name of ["\udcff", "\udcfe", "two\nlines"])
    assert.equal(readFileSync(bytesOf(join(folder, "into", name)), "utf8"), name.slice(-1).toWellFormed());
});

test("what others may write to they may not write to in the copy", async (t) => {
  const folder = fixture(t);
  chmodSync(join(folder, "from/d"), 0o777);
  chmodSync(join(folder, "from/d/f"), 0o666);

  const said = await copyTree(join(folder, "from"), join(folder, "into"), { keepsOwners: false });

  assert.deepEqual(
    ["d", "d/f"].map((name) => statSync(join(folder, "into", name)).mode & 0o777),
    [0o755, 0o644],
  );
  assert.deepEqual([...said], [["d/f", { mode: 0o666, uid: undefined }]]);
});

test("a folder is not copied into itself", async (t) => {
  const folder = fixture(t);

  await assert.rejects(copyTree(folder, join(folder, "from/copy"), { keepsOwners: false }), /would be inside of it/);
});

test(
  "a folder of this host is the agent's own when it is copied, and so is a revision kept from before, whose owners are told",
  { skip: process.getuid?.() !== 0 && "needs root" },
  async (t) => {
    const folder = fixture(t);
    for (const name of ["from", "from/d", "from/d/f"]) chownSync(join(folder, name), 1234, 1234);
    const owners = (copy: string) => [copy, `${copy}/d`, `${copy}/d/f`].map((name) => statSync(join(folder, name)).uid);

    await copyLocalDirectory(
      { type: "Local Directory", location: join(folder, "from"), bundleType: "directory" },
      join(folder, "local"),
    );
    const kept = await copyUnpacked(join(folder, "from"), join(folder, "kept"), new Map([["x", { mode: 0o666 }]]));

    assert.deepEqual(owners("local"), [0, 0, 0]);
    assert.deepEqual(owners("kept"), [0, 0, 0]);
    assert.deepEqual(
      [...kept],
      [
        ["d/f", { mode: 0o644, uid: 1234 }],
        ["x", { mode: 0o666 }],
      ],
    );
  },
);
