// What is refused before anything of the previous revision is touched.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readlinkSync, statfsSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { everything, InstallFixture, write } from "../../test/install-fixture.ts";
import { checkDiskSpace } from "./disk-space.ts";

const isRoot = process.getuid?.() === 0;

/** A fixture in which `kept` of a previous revision is installed. */
async function withPrevious(t: TestContext): Promise<InstallFixture> {
  const fixture = new InstallFixture(t);
  fixture.revision({ kept: "1" });
  await fixture.install(everything);
  return fixture;
}

for (const [what, target] of [
  ["leads nowhere", "nowhere"],
  ["leads to itself", "f"],
  ["leads to a folder", ".."],
] as const)
  test(`a link at a file's place that ${what} is something that exists`, async (t) => {
    const fixture = await withPrevious(t);
    symlinkSync(target, join(fixture.app, "f"));
    fixture.revision({ f: "new" });

    await assert.rejects(fixture.install(everything), {
      message: `The deployment failed because a specified file already exists at this location: ${fixture.app}/f`,
    });
    assert.equal(fixture.read("kept"), "1");
    await fixture.install(everything, "RETAIN");
    assert.equal(readlinkSync(join(fixture.app, "f")), target);
    await fixture.install(everything, "OVERWRITE");
    assert.equal(fixture.read("f"), "new");
  });

test("a link at a folder's place that leads nowhere, to itself or to a file is refused", async (t) => {
  const fixture = await withPrevious(t);
  for (const [name, target, why] of [
    ["d", "nowhere", "a symbolic link that leads nowhere"],
    ["e", "e", "a symbolic link that leads nowhere"],
    ["f", "kept", "a symbolic link to a file"],
  ] as const) {
    symlinkSync(target, join(fixture.app, name));
    fixture.revision({ [`${name}/x`]: "2" });

    await assert.rejects(fixture.install(everything, "OVERWRITE"), {
      message: `The deployment failed because the folder "${fixture.app}/${name}" cannot be made: ${why} stands there`,
    });
  }
  assert.equal(fixture.read("kept"), "1");
});

test(
  "what cannot be installed by its kind is refused",
  { skip: spawnSync("mkfifo", ["--help"]).status !== 0 && "needs mkfifo" },
  async (t) => {
    const fixture = await withPrevious(t);
    fixture.revision({ a: "2" });
    spawnSync("mkfifo", [join(fixture.archive, "pipe")]);

    await assert.rejects(
      fixture.install(everything),
      /the revision's "pipe" is neither a file nor a folder nor a link/,
    );
    assert.equal(fixture.read("kept"), "1");
  },
);

test("files that would run with their owner's rights are refused, unless it is allowed", async (t) => {
  const fixture = await withPrevious(t);
  fixture.revision({ tool: "2" });

  await assert.rejects(fixture.install(`${everything}\npermissions: [{object: APP/tool, mode: 4755}]`), {
    message: `deployment rejected: file ${fixture.app}/tool requests SUID/SGID mode 4755; set reject_unsafe_permissions_in_bundle: false to allow`,
  });
  await assert.rejects(fixture.install(`${everything}\npermissions: [{object: APP, mode: "2770", type: [directory]}]`));
  chmodSync(join(fixture.archive, "tool"), 0o4755);
  await assert.rejects(fixture.install(everything), /archive\/tool requests SUID\/SGID mode 4755/);
  assert.equal(fixture.read("kept"), "1");

  await fixture.install(everything, "DISALLOW", { allowsSetuid: true });
  assert.equal(fixture.mode("tool"), "4755");
});

test("a destination with .. in it is refused, unless it is allowed", async (t) => {
  const fixture = await withPrevious(t);
  fixture.revision({ f: "2" });
  const sections = "files: [{source: /, destination: APP/../../../../../../../APP/x}]";

  await assert.rejects(fixture.install(sections), /in the files section of .* uses '\.\.' components/);
  await assert.rejects(
    fixture.install(`${everything}\npermissions: [{object: APP/../app, mode: 600}]`),
    /in the permissions section of .* uses '\.\.' components/,
  );
  assert.equal(fixture.read("kept"), "1");

  await fixture.install(sections, "DISALLOW", { allowsTraversal: true });
  assert.equal(fixture.read("x/f"), "2");
});

test("no destination leaves the folder that is put in front of all", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ f: "1" });

  await fixture.install("files: [{source: /, destination: /../../x}]", "DISALLOW", {
    installRoot: fixture.app,
    allowsTraversal: true,
  });

  assert.equal(fixture.read("x/f"), "1");
});

test(
  "a folder that the system does not make is refused with the system's own reason",
  { timeout: 10_000 },
  async (t) => {
    const fixture = await withPrevious(t);
    fixture.revision({ f: "2" });

    await assert.rejects(
      fixture.install("files: [{source: /, destination: /proc/no-such-folder/x}]"),
      /^Error: (ENOENT|EACCES): [^']*'\/proc\/?(no-such-folder)?'/,
    );
    assert.equal(fixture.read("kept"), "1");
  },
);

test("a path that is too long for the system is refused", async (t) => {
  const fixture = await withPrevious(t);
  fixture.revision({ f: "2" });

  await assert.rejects(fixture.install(`files: [{source: /, destination: APP/${"n".repeat(256)}}]`), /is too long/);
  await assert.rejects(fixture.install(`files: [{source: /, destination: APP/${"n/".repeat(2050)}}]`), /is too long/);
  assert.equal(fixture.read("kept"), "1");
});

test(
  "an owner whom this agent may not give files to is refused",
  { skip: isRoot && "root may give files to everybody" },
  async (t) => {
    const fixture = await withPrevious(t);
    fixture.revision({ f: "2" });

    await assert.rejects(fixture.install(`${everything}\npermissions: [{object: APP, owner: "0"}]`), {
      message: `The deployment failed because what is written to "${fixture.app}" cannot be given to the user "0": only root may do that, and the agent does not run as root`,
    });
    assert.equal(fixture.read("kept"), "1");
  },
);

test("owners and users of access lists that are not there are refused", async (t) => {
  const fixture = await withPrevious(t);
  fixture.revision({ f: "2" });

  for (const [rule, message] of [
    ["owner: nosuch", "can't find user for nosuch"],
    ["group: nosuch", "can't find group for nosuch"],
    ['acls: ["u:nosuch:rw"]', "can't find user for nosuch"],
    ['type: [directory], acls: ["d:g:nosuch:rw"]', "can't find group for nosuch"],
  ] as const)
    await assert.rejects(fixture.install(`${everything}\npermissions: [{object: APP, ${rule}}]`), { message });
  assert.equal(fixture.read("kept"), "1");
});

test("a folder that cannot be written to is refused", { skip: isRoot && "root may write everywhere" }, async (t) => {
  const fixture = await withPrevious(t);
  fixture.revision({ f: "2" });
  mkdirSync(join(fixture.folder, "theirs"));
  chmodSync(join(fixture.folder, "theirs"), 0o500);

  await assert.rejects(
    fixture.install(`files: [{source: f, destination: ${fixture.folder}/theirs}]`),
    /^Error: EACCES: permission denied, access '[^']*\/theirs'/,
  );
  assert.equal(fixture.read("kept"), "1");
});

test("a source with a slash at its end is a folder", async (t) => {
  const fixture = await withPrevious(t);
  fixture.revision({ f: "2", "d/x": "2" });

  await assert.rejects(fixture.install("files: [{source: f/, destination: APP}]"), /the source "f\/" .* is a file/);
  assert.equal(fixture.read("kept"), "1");
  await fixture.install("files: [{source: d/, destination: APP}]");
  assert.equal(fixture.read("x"), "2");
});

test("a disk without room for the revision is noticed; what the previous one gives back counts", (t) => {
  const fixture = new InstallFixture(t);
  write(join(fixture.app, "f"), "");
  const { bsize, bfree, type } = statfsSync(fixture.app);
  if ([0x9123683e, 0x58465342, 0x2fc12fc1, 0x794c7630].includes(type))
    return t.skip("files may share their bytes here");
  const demands = [{ folder: fixture.app, bytes: 2 * bfree * bsize + 1e12, entries: 1 }];
  const check = (bytes: ReadonlyMap<number, number>) =>
    checkDiskSpace(demands, { archive: fixture.archive, removals: { paths: new Set(), bytes } });

  assert.throws(
    () => check(new Map()),
    /there is not enough room on the disk: the file system of "[^"]*" has room for \d+ bytes, and the revision needs \d+/,
  );
  check(new Map([[statSync(fixture.app).dev, 3 * bfree * bsize + 1e12]]));
});
