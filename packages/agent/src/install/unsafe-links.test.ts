// What a local user can do in folders of their own while the agent, as root, installs there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { everything, InstallFixture, write } from "../../test/install-fixture.ts";

const skip = process.getuid?.() !== 0 && "needs root";

/** A user of the host without any rights. */
const visitor = 54_321;

/** A fixture whose application folder belongs to the visitor. Beside it is a folder of root's with a file that only root may read. */
class SharedGround extends InstallFixture {
  readonly roots = join(this.folder, "roots");
  readonly secret = join(this.roots, "job");

  constructor(t: TestContext) {
    super(t);
    chmodSync(this.folder, 0o755);
    mkdirSync(this.app);
    chownSync(this.app, visitor, visitor);
    write(this.secret, "root's");
    chmodSync(this.secret, 0o600);
  }

  /** Creates a link of the visitor's in the application's folder. */
  lay(name: string, target: string): void {
    symlinkSync(target, join(this.app, name));
    lchownSync(join(this.app, name), visitor, visitor);
  }

  /** Fails when anything in root's folder is not as it was. */
  mustBeUntouched(): void {
    assert.deepEqual(readdirSync(this.roots), ["job"]);
    const { mode, uid, gid } = lstatSync(this.secret);
    assert.deepEqual([mode & 0o7777, uid, gid], [0o600, 0, 0]);
    assert.equal(readFileSync(this.secret, "utf8"), "root's");
    const folder = lstatSync(this.roots);
    assert.deepEqual([folder.mode & 0o7777, folder.uid], [0o755, 0]);
  }
}

test(
  "root follows no link on the way to a destination that others may change, and the previous revision stays",
  { skip },
  async (t) => {
    const fixture = new SharedGround(t);
    fixture.revision({ "a.txt": "1" });
    await fixture.install(everything);
    fixture.lay("jobs", fixture.roots);
    fixture.revision({ "a.txt": "2", "jobs/job": "* * * * * root true" });

    for (const behavior of ["OVERWRITE", "DISALLOW", "RETAIN"])
      await assert.rejects(
        fixture.install(`${everything}\npermissions: [{object: APP, owner: "${visitor}"}]`, behavior),
        new RegExp(
          `leads through the symbolic link "${fixture.app}/jobs", and others than root may change the link or a folder on the way to it`,
        ),
      );

    fixture.mustBeUntouched();
    assert.equal(fixture.read("a.txt"), "1");
  },
);

test("a link of root's in a folder of somebody else's is not followed either", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  symlinkSync(fixture.roots, join(fixture.app, "jobs")); // root's, but the visitor may exchange it
  fixture.revision({ "jobs/other": "x" });

  await assert.rejects(fixture.install(everything), /others than root may change the link/);

  fixture.mustBeUntouched();
});

test("a link that is root's alone is followed, and the list names what is behind it", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  mkdirSync(join(fixture.folder, "disk"));
  symlinkSync("disk", join(fixture.folder, "srv"));
  fixture.revision({ "a.txt": "1" });
  const sections = `files: [{source: /, destination: ${fixture.folder}/srv/www}]`;

  await fixture.install(sections);
  await fixture.install(sections);

  assert.equal(readFileSync(join(fixture.folder, "disk/www/a.txt"), "utf8"), "1");
  assert.equal(fixture.written("group-cleanup"), "/disk/www\n/disk/www/a.txt\n");
  assert.match(fixture.written("group-install.json"), /"destination":"\/srv\/www\/a.txt"/);
});

test("two names of one place are noticed before anything is touched", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  mkdirSync(join(fixture.folder, "disk"));
  symlinkSync("disk", join(fixture.folder, "srv"));
  fixture.revision({ "1/f": "1", "2/f": "2" });

  await assert.rejects(
    fixture.install(
      `files: [{source: 1, destination: ${fixture.folder}/srv}, {source: 2, destination: ${fixture.folder}/disk}]`,
    ),
    /specifies two source files named .*\/2\/f and .*\/1\/f for the same destination/,
  );
  assert.deepEqual(readdirSync(join(fixture.folder, "disk")), []);
});

test("a folder that has become a link, whosever it is, does not lead the clean-up anywhere", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  fixture.revision({ "jobs/job": "1", "a.txt": "1" });
  await fixture.install(everything);
  renameSync(join(fixture.app, "jobs"), join(fixture.app, "away"));
  fixture.lay("jobs", fixture.roots);
  fixture.revision({ "b.txt": "2" });

  await fixture.install(everything);

  fixture.mustBeUntouched();
  assert(lstatSync(join(fixture.app, "jobs")).isSymbolicLink());
  assert.deepEqual([existsSync(join(fixture.app, "a.txt")), fixture.read("b.txt")], [false, "2"]);
  assert(
    fixture.warned.some((line) => line.includes(`"${fixture.app}/jobs"`)),
    fixture.warned.join("\n"),
  );
});

test("a second name of root's file is replaced, and neither written to nor given away", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  linkSync(fixture.secret, join(fixture.app, "data"));
  fixture.revision({ data: "new" });

  await fixture.install(`${everything}\npermissions: [{object: APP, mode: 666, owner: "${visitor}"}]`, "OVERWRITE");

  fixture.mustBeUntouched();
  assert.deepEqual([fixture.read("data"), fixture.mode("data")], ["new", "666"]);
});

test("permissions follow a link that the bundle brings only where nobody else can have a say", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  fixture.revision({ f: "x" });
  symlinkSync(fixture.secret, join(fixture.archive, "link"));

  await assert.rejects(
    fixture.install(`${everything}\npermissions: [{object: APP/link, mode: 666}]`, "DISALLOW", { followsLinks: true }),
    /leads through the symbolic link/,
  );

  fixture.mustBeUntouched();
});

test("a list that others than root may have written is not obeyed", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  const list = join(fixture.instructions, "group-cleanup");
  fixture.revision({ a: "1" });
  write(list, `${fixture.secret}\n`);

  chmodSync(list, 0o666);
  await assert.rejects(fixture.install(everything), {
    message: `Cannot use "${list}": it belongs to user 0 and has mode 0666, so others than root may have written it. Look whether it is right, then run: chown root "${list}" && chmod go-w "${list}"; or remove it`,
  });
  chmodSync(list, 0o644);
  chownSync(list, visitor, visitor);
  await assert.rejects(fixture.install(everything), /it belongs to user 54321 and has mode 0644/);
  renameSync(list, `${list}.real`);
  symlinkSync(`${list}.real`, list);
  await assert.rejects(fixture.install(everything), /it is a symbolic link, and a file of the agent was expected/);

  fixture.mustBeUntouched();
});

/** Runs an attack right after a system call: the moment that a racing attacker waits for. */
function rightAfter(
  t: TestContext,
  call: "symlinkSync" | "mkdirSync" | "unlinkSync",
  deed: (path: string) => void,
): void {
  const original = fs[call] as (...words: unknown[]) => unknown;
  const restore = () => {
    Object.assign(fs, { [call]: original });
    syncBuiltinESMExports();
  };
  const exchanged = (...words: unknown[]) => {
    const result = original(...words);
    deed(String(words[call === "symlinkSync" ? 1 : 0]));
    return result;
  };
  t.after(restore);
  Object.assign(fs, { [call]: exchanged });
  syncBuiltinESMExports();
}

test("a file of root's that comes into the place of a link is not given away", { skip }, async (t) => {
  const fixture = new SharedGround(t);
  const own = join(fixture.app, "key");
  write(own, "root's");
  fixture.revision({ f: "x" });
  symlinkSync("f", join(fixture.archive, "link"));
  rightAfter(t, "symlinkSync", (temporary) => renameSync(own, temporary));
  const descriptor = openSync(own, "r");
  t.after(() => closeSync(descriptor));

  await assert.rejects(
    fixture.install(`${everything}\npermissions: [{object: APP, owner: "${visitor}"}]`),
    /Somebody has exchanged it meanwhile/,
  );
  assert.equal(fstatSync(descriptor).uid, 0);
});

test(
  "a folder of root's that comes into the place of one just made, or just removed, is not given away",
  { skip },
  async (t) => {
    for (const [call, name] of [
      ["mkdirSync", "new"],
      ["unlinkSync", "old"],
    ] as const) {
      const fixture = new SharedGround(t);
      const own = join(fixture.app, "keys");
      const place = join(fixture.app, name);
      fixture.revision({ "old/f": "x" });
      await fixture.install(everything);
      write(join(own, "key"), "root's");
      fixture.revision({ [`${name}/f`]: "x" });
      let isDone = false;
      rightAfter(t, call, () => {
        if (isDone || !existsSync(place)) return;
        isDone = true;
        renameSync(place, join(fixture.app, "away"));
        renameSync(own, place);
      });

      await assert.rejects(
        fixture.install(
          `${everything}\npermissions: [{object: APP, type: [directory], owner: "${visitor}"}]`,
          "OVERWRITE",
        ),
        /"[^"]*" is not the one that this deployment has made/,
      );
      assert.deepEqual([lstatSync(place).uid, existsSync(join(place, "key"))], [0, true]);
    }
  },
);

/** Replaces folders, files and temporary files by links to root's, as fast as it can. */
const racer = `
const { linkSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync } = require("node:fs");
const [app, roots, user] = process.argv.slice(1);
process.setgroups([]); process.setgid(Number(user)); process.setuid(Number(user));
process.chdir(app);
const attempt = (work) => { try { work(); return true; } catch { return false; } };
process.stdout.write("ready");
const ticking = new Int32Array(new SharedArrayBuffer(4));
const wait = (milliseconds) => Atomics.wait(ticking, 0, 0, milliseconds);
for (let turn = 0; ; turn += 1) {
  wait(turn % 12);
  if (attempt(() => renameSync("jobs", "aside-" + turn))) {
    attempt(() => symlinkSync(roots, "jobs"));
    wait(turn % 3);
    attempt(() => unlinkSync("jobs"));
    attempt(() => renameSync("aside-" + turn, "jobs")) || attempt(() => rmSync("aside-" + turn, { recursive: true }));
  }
  if (turn % 4 === 0) for (const name of attempt(() => readdirSync(".")) ? readdirSync(".") : []) {
    if (!name.startsWith(".sluice-")) continue;
    attempt(() => renameSync(name, "taken"));
    turn % 8 ? attempt(() => symlinkSync(roots + "/job", name)) : attempt(() => linkSync(roots + "/job", name));
  }
}`;

test(
  "a local user who exchanges folders and files while root installs gets nothing of root's",
  { skip, timeout: 60_000 },
  async (t) => {
    const fixture = new SharedGround(t);
    const child = spawn(process.execPath, ["-e", racer, fixture.app, fixture.roots, String(visitor)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const rule = `permissions: [{object: APP, mode: 666, owner: "${visitor}", type: [file]}, {object: APP, mode: 777, owner: "${visitor}", type: [directory]}]`;

    let installed = 0;
    for (let turn = 0; turn < 25; turn += 1) {
      fixture.revision({ job: "x", "jobs/job": "x", "jobs/deep/job": "x", "jobs/deep/other": "x" });
      await fixture.install(`${everything}\n${rule}`, "OVERWRITE").then(
        () => (installed += 1),
        () => {}, // deployments may fail while folders are being replaced
      );
      fixture.mustBeUntouched();
    }
    t.diagnostic(`${installed} of 25 installations succeeded`);
  },
);
