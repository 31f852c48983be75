import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openDeploymentFolders, readPointer, writePointer } from "./deployment-folders.ts";
import { makeFolders } from "../files/make-folders.ts";
import { specificationOf } from "../protocol/specification.ts";
import { deleteOldRevisions } from "./retention.ts";

function fixture(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-folders-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const specification = (DeploymentId: string) =>
  specificationOf({
    DeploymentId,
    DeploymentGroupId: "group",
    DeploymentGroupName: "Prod",
    ApplicationName: "App",
    Revision: { RevisionType: "Local Directory", LocalRevision: { Location: "/x", BundleType: "directory" } },
  });

test("a damaged pointer fails once, in one sentence that names the file and what follows", (t) => {
  const folder = fixture(t);
  const file = join(folder, "group_last_successful_install");
  for (const content of ["\0\0\0", "", "relative", "/a\n/b", `/${"x".repeat(5000)}`, Buffer.from([0x2f, 0xff])]) {
    writeFileSync(file, content);

    assert.throws(() => readPointer(folder, "group", "last_successful_install"), {
      message: `The file "${file}", which names the folder of the group's last successful deployment, is damaged: it has ${Buffer.from(content).length} bytes, and the absolute path of a folder was expected. It is now "${file}.damaged", and the next deployment takes the group for one that has had none: what scripts of the previous revision should have done is to be done by hand`,
    });
    assert.equal(readPointer(folder, "group", "last_successful_install"), undefined);
  }
  writePointer(folder, "group", { pointer: "last_successful_install", deployment: "/root/group/d-1" });
  assert.equal(readPointer(folder, "group", "last_successful_install"), "/root/group/d-1");
});

test("a folder or a link in a pointer's place says so", (t) => {
  const folder = fixture(t);
  const file = join(folder, "group_most_recent_install");
  mkdirSync(file);
  assert.throws(() => readPointer(folder, "group", "most_recent_install"), {
    message: `Cannot use "${file}": it is not a file, and one of the agent was expected. Remove it`,
  });
  rmSync(file, { recursive: true });
  symlinkSync("elsewhere", file);
  assert.throws(() => readPointer(folder, "group", "most_recent_install"), /it is a symbolic link/);
});

test("what the agent writes down is nobody else's to read", (t) => {
  const folder = join(fixture(t), "instructions");

  writePointer(folder, "group", { pointer: "last_successful_install", deployment: "/root/group/d-1" });

  assert.equal(statSync(folder).mode & 0o777, 0o750 & ~process.umask());
  assert.equal(statSync(join(folder, "group_last_successful_install")).mode & 0o777, 0o640 & ~process.umask());
});

test("folders are made one at a time, with the system's own reason where it makes none", { timeout: 10_000 }, (t) => {
  const folder = fixture(t);

  makeFolders(join(folder, "a/b/c"));
  makeFolders(join(folder, "a/b/c"));
  assert(statSync(join(folder, "a/b/c")).isDirectory());

  assert.throws(() => makeFolders("/proc/no-such-folder/x"), { code: /ENOENT|EACCES/, syscall: "mkdir" });
  writeFileSync(join(folder, "file"), "");
  assert.throws(() => makeFolders(join(folder, "file/x")), { code: "ENOTDIR" });
  assert.throws(() => makeFolders(join(folder, "file")), /a file stands there/);
});

test("old revisions are deleted, whatever else lies among them; what cannot be is warned of", async (t) => {
  const folder = fixture(t);
  const folders = openDeploymentFolders(folder, specification("d-now"));
  for (const name of ["d-1", "d-2", "d-3"])
    mkdirSync(join(folders.group, name, "deployment-archive"), { recursive: true });
  symlinkSync("nowhere", join(folders.group, "dangling"));
  symlinkSync("self", join(folders.group, "self"));
  writeFileSync(Buffer.from([...Buffer.from(`${folders.group}/d-1/`), 0xff]), "no text");
  const warned: string[] = [];

  await deleteOldRevisions(folders, "group", { maxRevisions: 1, warn: (line) => warned.push(line) });

  assert.deepEqual([readdirSync(folders.group), warned], [["d-now"], []]);
  assert(!existsSync(join(folders.group, "d-1")));
});
