import assert from "node:assert/strict";
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { unsafePartOf } from "./unsafe-folder.ts";

const skip = process.getuid?.() !== 0 && "needs root";
const [nobody, users, logger] = [65_534, 1_000, 110];

/** Folders in one that is root's alone, each with an owner, a group and a mode; a question about a path below. */
function fixture(t: TestContext) {
  const top = mkdtempSync(join(tmpdir(), "sluice-unsafe-"));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const make = (path: string, mode = 0o755, uid = 0, gid = 0) => {
    mkdirSync(join(top, path));
    chownSync(join(top, path), uid, gid);
    chmodSync(join(top, path), mode);
  };
  const link = (path: string, target: string, uid = 0) => {
    symlinkSync(target, join(top, path));
    lchownSync(join(top, path), uid, uid);
  };
  const unsafe = (path: string, more: { readonly users?: readonly number[]; readonly isLog?: boolean } = {}) =>
    unsafePartOf(join(top, path), { users: more.users ?? [0], trustsSystemGroups: more.isLog ?? false })?.path.slice(
      top.length + 1,
    );
  return { top, make, link, unsafe };
}

test("a folder is safe where root alone can change it and all that leads there", { skip }, (t) => {
  const { top, make, link, unsafe } = fixture(t);
  make("own");
  make("sticky", 0o1777);
  make("sticky/own");
  link("link", join(top, "own"));
  link("sticky/link", "../own");

  for (const path of ["own", "own/new/newer", "sticky/own", "link", "link/new", "sticky/link", "own/../own/./"])
    assert.equal(unsafe(path), undefined, path);
});

test("a folder is not safe where somebody else owns, or may write to, what leads there", { skip }, (t) => {
  const { make, unsafe } = fixture(t);
  make("theirs", 0o755, nobody);
  make("theirs/own");
  make("everybody", 0o757);
  make("group", 0o775, 0, users);
  make("sticky", 0o1777);
  make("sticky/theirs", 0o700, nobody);

  assert.equal(unsafe("theirs/own"), "theirs");
  assert.equal(unsafe("theirs/new"), "theirs");
  assert.equal(unsafe("everybody/new"), "everybody");
  assert.equal(unsafe("group/new"), "group");
  assert.equal(unsafe("sticky/theirs"), "sticky/theirs");
  assert.equal(unsafe("sticky"), "sticky"); // others may create files in it
  assert.equal(unsafe("theirs/own", { users: [0, nobody] }), undefined);
});

test("a link is as safe as whoever laid it, and what it leads to", { skip }, (t) => {
  const { top, make, link, unsafe } = fixture(t);
  make("own");
  make("theirs", 0o755, nobody);
  make("sticky", 0o1777);
  link("sticky/theirs", join(top, "own"), nobody);
  link("to-theirs", join(top, "theirs/new"));
  link("circle", "circle");

  assert.equal(unsafe("sticky/theirs"), "sticky/theirs");
  assert.equal(unsafe("to-theirs"), "theirs");
  assert.equal(unsafe("circle/new"), undefined);
});

test("logs may lie below a folder that a group of the system writes to, as Ubuntu's /var/log is", { skip }, (t) => {
  const { make, unsafe } = fixture(t);
  make("log", 0o775, 0, logger);
  make("users", 0o775, 0, users);

  assert.equal(unsafe("log/agent", { isLog: true }), undefined);
  assert.equal(unsafe("log", { isLog: true }), "log");
  assert.equal(unsafe("log/agent"), "log");
  assert.equal(unsafe("users/agent", { isLog: true }), "users");
});
