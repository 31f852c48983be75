import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { everything, InstallFixture, write } from "../../test/install-fixture.ts";

test("a folder's content goes below the destination, a file into it", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "conf/a.txt": "a", "conf/deep/b.txt": "b", "run.sh": "run" });

  await fixture.install("files: [{source: conf, destination: APP/etc}, {source: run.sh, destination: APP/bin}]");

  assert.deepEqual(
    [fixture.read("etc/a.txt"), fixture.read("etc/deep/b.txt"), fixture.read("bin/run.sh")],
    ["a", "b", "run"],
  );
});

test("the plan and the list of what was made are written byte by byte as the official agent writes them", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "conf/a.txt": "a" });
  const own = userInfo().username; // only root may change owners

  await fixture.install(
    `files: [{source: conf, destination: APP/etc}]\npermissions: [{object: APP, type: [file], mode: "0640", owner: ${own}}]`,
  );

  assert.equal(
    fixture.written("group-install.json"),
    '{"instructions":[{"type":"mkdir","directory":"/app"},{"type":"mkdir","directory":"/app/etc"},' +
      '{"type":"copy","source":"/archive/conf/a.txt","destination":"/app/etc/a.txt"},' +
      '{"type":"chmod","mode":"0640","file":"/app/etc/a.txt"},' +
      `{"type":"chown","owner":"${own}","group":null,"file":"/app/etc/a.txt"}]}`,
  );
  assert.equal(fixture.written("group-cleanup"), "/app\n/app/etc\n/app/etc/a.txt\n");
});

test("a file's mode, times and owner come along, and folders get none", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "bin/run": "x" });
  chmodSync(join(fixture.archive, "bin"), 0o700);
  chmodSync(join(fixture.archive, "bin/run"), 0o750);

  await fixture.install(everything);

  assert.equal(fixture.mode("bin/run"), "750");
  assert.equal(fixture.mode("bin"), (0o777 & ~process.umask()).toString(8));
  const [copied, original] = [fixture.app, fixture.archive].map((folder) => statSync(join(folder, "bin/run")).mtimeMs);
  assert.equal(Math.trunc(copied ?? 0), Math.trunc(original ?? 1));
});

test("modes come along whatever the umask, setuid bits, too", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ a: "a", b: "b" });
  chmodSync(join(fixture.archive, "a"), 0o666);
  chmodSync(join(fixture.archive, "b"), 0o4755);
  const umask = process.umask(0o077);
  t.after(() => process.umask(umask));

  await fixture.install(everything, "DISALLOW", { allowsSetuid: true });

  assert.deepEqual([fixture.mode("a"), fixture.mode("b")], ["666", "4755"]);
});

test("a file may have the longest name that there is", async (t) => {
  const fixture = new InstallFixture(t);
  const longest = "n".repeat(255);
  fixture.revision({ [longest]: "x" });

  await fixture.install(everything);

  assert.equal(fixture.read(longest), "x");
});

test("what cannot be copied fails the installation; others are whole by then, and what was made is on the list", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision(Object.fromEntries(Array.from({ length: 100 }, (_, file) => [String(file).padStart(2, "0"), "x"])));

  // A rule that reaches nothing is warned of when all is planned, and nothing copied.
  const installing = fixture.install(`${everything}\npermissions: [{object: /nowhere, mode: 600}]`, "DISALLOW", {
    warn: () => rmSync(join(fixture.archive, "50")),
  });
  await assert.rejects(installing, /ENOENT: .*archive\/50/);

  const made = readdirSync(fixture.app);
  assert(made.length >= 50 && made.length < 99, `${made.length} files`);
  assert(made.every((name) => fixture.read(name) === "x"));
  const listed = fixture.written("group-cleanup");
  assert.deepEqual(
    made.filter((name) => !listed.includes(`/app/${name}\n`)),
    [],
  );
});

test("links are installed as links, wherever they lead", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "lib/real.txt": "x" });
  const targets = { "lib/link.txt": "real.txt", dangling: "nowhere", current: "lib", "lib/up": "..", self: "self" };
  for (const [name, target] of Object.entries(targets)) symlinkSync(target, join(fixture.archive, name));

  await fixture.install(everything);

  for (const [name, target] of Object.entries(targets)) assert.equal(readlinkSync(join(fixture.app, name)), target);
});

test("a source may be a link to a folder of the revision, and none that leads out is entered", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "v2/a.txt": "a" });
  write(join(fixture.folder, "outside/secret"), "s");
  symlinkSync("v2", join(fixture.archive, "current"));
  symlinkSync("../outside", join(fixture.archive, "out"));

  await fixture.install("files: [{source: current, destination: APP/v}, {source: out, destination: APP}]");

  assert.equal(fixture.read("v/a.txt"), "a");
  assert.equal(readlinkSync(join(fixture.app, "out")), "../outside");
  await assert.rejects(
    fixture.install("files: [{source: out/secret, destination: APP}]"),
    /the source path 'out\/secret' attempts to escape the deployment archive directory/,
  );
});

test("what the previous revision has installed is gone, what others put there stays", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "old/only.txt": "1", "both.txt": "1" });
  await fixture.install(everything);
  write(join(fixture.app, "old/of-the-application.log"), "log");
  fixture.revision({ "both.txt": "2" });

  await fixture.install(everything);

  assert.equal(fixture.read("both.txt"), "2");
  assert.deepEqual(readdirSync(join(fixture.app, "old")), ["of-the-application.log"]);
  // Folders that stayed were not made by this installation, so they are not on its list.
  assert.equal(fixture.written("group-cleanup"), "/app/both.txt\n");
});

test("a list whose last line was torn is used up to there", async (t) => {
  const fixture = new InstallFixture(t);
  write(join(fixture.app, "a"), "a");
  write(join(fixture.app, "ab"), "ab");
  write(join(fixture.instructions, "group-cleanup"), `${fixture.app}/ab\n${fixture.app}/a`);

  await fixture.install("");

  assert.deepEqual(readdirSync(fixture.app), ["a"]);
  assert(!existsSync(join(fixture.instructions, "group-cleanup")));
});

test("a file that stands in the way fails the deployment, and the previous revision stays", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "a.txt": "1" });
  await fixture.install(everything);
  write(join(fixture.app, "b.txt"), "somebody's");
  fixture.revision({ "a.txt": "2", "b.txt": "2" });

  await assert.rejects(fixture.install(everything), {
    message: `The deployment failed because a specified file already exists at this location: ${fixture.app}/b.txt`,
  });

  assert.equal(fixture.read("a.txt"), "1");
  assert.equal(fixture.read("b.txt"), "somebody's");
});

test("OVERWRITE replaces a file and owns it from then on", async (t) => {
  const fixture = new InstallFixture(t);
  write(join(fixture.app, "a.txt"), "somebody's");
  fixture.revision({ "a.txt": "new" });

  await fixture.install(everything, "OVERWRITE");

  assert.equal(fixture.read("a.txt"), "new");
  assert.equal(fixture.written("group-cleanup"), "/app/a.txt\n");
});

test("OVERWRITE replaces a link instead of writing through it", async (t) => {
  const fixture = new InstallFixture(t);
  write(join(fixture.folder, "victim"), "keep");
  mkdirSync(fixture.app);
  symlinkSync("../victim", join(fixture.app, "a.txt"));
  fixture.revision({ "a.txt": "new" });

  await fixture.install(everything, "OVERWRITE");

  assert.equal(fixture.read("a.txt"), "new");
  assert.equal(readFileSync(join(fixture.folder, "victim"), "utf8"), "keep");
});

test("RETAIN leaves a file as it is, without permissions and off the list", async (t) => {
  const fixture = new InstallFixture(t);
  write(join(fixture.app, "a.txt"), "somebody's");
  chmodSync(join(fixture.app, "a.txt"), 0o600);
  fixture.revision({ "a.txt": "new", "b.txt": "new" });

  await fixture.install(`${everything}\npermissions: [{object: APP, mode: 755}]`, "RETAIN");

  assert.equal(fixture.read("a.txt"), "somebody's");
  assert.deepEqual([fixture.mode("a.txt"), fixture.mode("b.txt")], ["600", "755"]);
  assert.equal(fixture.written("group-cleanup"), "/app/b.txt\n");
});

test("the AppSpec file's behavior beats the deployment's, and an unknown one shows only where it matters", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "a.txt": "new" });
  await fixture.install(everything, "WHATEVER");
  rmSync(join(fixture.instructions, "group-cleanup"));

  await assert.rejects(
    fixture.install(everything, "WHATEVER"),
    /an invalid option was specified for fileExistsBehavior: WHATEVER\. Valid options include OVERWRITE, RETAIN, and DISALLOW\./,
  );
  await fixture.install(`${everything}\nfile_exists_behavior: OVERWRITE`, "DISALLOW");
});

test("two sources for one place are refused before anything is touched", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "a/f": "1", "b/f": "2" });

  await assert.rejects(fixture.install("files: [{source: a, destination: APP}, {source: b, destination: APP}]"), {
    message: `The deployment failed because the application specification file specifies two source files named ${fixture.archive}/b/f and ${fixture.archive}/a/f for the same destination (${fixture.app}/f). Remove one of the source file paths from the AppSpec file, and then try again.`,
  });
  assert(!existsSync(fixture.app));
});

test("a file and a folder for one place are refused, whichever comes first", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "a/x": "1", "b/x/y": "2" });

  await assert.rejects(
    fixture.install("files: [{source: b, destination: APP}, {source: a, destination: APP}]"),
    /calls for installing the file .*\/a\/x, but a file with that name already exists at the location \(.*\/app\/x\)/,
  );
  await assert.rejects(
    fixture.install("files: [{source: a, destination: APP}, {source: b, destination: APP}]"),
    /includes an mkdir command more than once for the same destination path \(.*\/app\/x\) from \(.*\/b\/x\)/,
  );
});

test("a source that is not in the revision is refused, and the previous revision stays", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ a: "1" });
  await fixture.install(everything);

  await assert.rejects(
    fixture.install("files: [{source: missing.txt, destination: APP}]"),
    /the source "missing\.txt" .* is not in the revision/,
  );
  assert.equal(fixture.read("a"), "1");
});

test("permissions reach what their object, pattern, except and type name", async (t) => {
  const cases: readonly (readonly [rule: string, reached: readonly string[]])[] = [
    ["", ["a.txt", "s", "s/a.txt", "s/t"]],
    ['pattern: "*"', ["a.txt", "s"]],
    ['pattern: "*.txt"', ["a.txt"]],
    ['pattern: "a**t"', ["a.txt"]],
    ['pattern: "**/*.txt"', []],
    ['except: ["a.txt"]', ["s", "s/a.txt", "s/t"]],
    ["except: [s]", ["a.txt", "s/a.txt", "s/t"]],
    ['except: ["**"]', ["s/a.txt", "s/t"]],
    ["type: [file]", ["a.txt", "s/a.txt"]],
    ["type: [directory]", ["s", "s/t"]],
    ["type: []", []],
  ];
  for (const [rule, reached] of cases) {
    const fixture = new InstallFixture(t);
    fixture.revision({ "a.txt": "a", "s/a.txt": "a" });
    mkdirSync(join(fixture.archive, "s/t"));

    await fixture.install(`${everything}\npermissions: [{object: APP, mode: 711${rule === "" ? "" : `, ${rule}`}}]`);

    const found = ["a.txt", "s", "s/a.txt", "s/t"].filter((name) => fixture.mode(name) === "711");
    assert.deepEqual(found, reached, rule);
  }
});

test("a rule on a copied file needs no pattern, and one with a pattern or an exception is refused", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "a.txt": "a" });

  await assert.rejects(
    fixture.install(`${everything}\npermissions: [{object: APP/a.txt, pattern: "*.txt", mode: 600}]`),
    {
      message: `The deployment failed because the application specification file includes an object (${fixture.app}/a.txt) with an invalid pattern (*.txt), such as a pattern for a file applied to a directory. Correct the permissions section of the AppSpec file, and then try again.`,
    },
  );
  await assert.rejects(
    fixture.install(`${everything}\npermissions: [{object: APP/a.txt, except: [a, b], mode: 600}]`),
    {
      message: `The deployment failed because the except parameter for a pattern in the permissions section (["a", "b"]) for the object named ${fixture.app}/a.txt contains an invalid format. Update the AppSpec file, and then try again.`,
    },
  );
  assert(!existsSync(fixture.app));
  await fixture.install(`${everything}\npermissions: [{object: APP/a.txt, mode: 600}]`);
  assert.equal(fixture.mode("a.txt"), "600");
});

test("one object in two rules is refused", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "a.txt": "a" });

  await assert.rejects(
    fixture.install(`${everything}\npermissions: [{object: APP, mode: 600}, {object: APP/a.txt, mode: 644}]`),
    {
      message: `The deployment failed because the permissions setting for (${fixture.app}/a.txt) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.`,
    },
  );
});

test("an unknown owner or group is refused before anything is touched", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ a: "1" });

  await assert.rejects(fixture.install(`${everything}\npermissions: [{object: APP, owner: nosuch}]`), {
    message: "can't find user for nosuch",
  });
  await assert.rejects(fixture.install(`${everything}\npermissions: [{object: APP, group: nosuch}]`), {
    message: "can't find group for nosuch",
  });
  assert(!existsSync(fixture.app));
});

test("a rule that reaches nothing is warned of", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ a: "1" });

  await fixture.install(`${everything}\npermissions: [{object: /nowhere, mode: 600}]`);

  assert(fixture.warned.includes('The permission of "/nowhere" changes nothing: this deployment writes nothing there'));
});

const isRoot = process.getuid?.() === 0;

test(
  "owner and group are set by name or number, and a setuid bit that was asked for survives them",
  { skip: !isRoot && "needs root" },
  async (t) => {
    const fixture = new InstallFixture(t);
    fixture.revision({ tool: "x", other: "x" });

    await fixture.install(
      `${everything}\npermissions: [{object: APP/tool, mode: 4755, owner: daemon, group: daemon}, {object: APP/other, owner: "12345"}]`,
      "DISALLOW",
      { allowsSetuid: true },
    );

    const { uid, gid } = statSync(join(fixture.app, "tool"));
    assert.deepEqual([uid, gid, fixture.mode("tool")], [1, 1, "4755"]);
    assert.equal(statSync(join(fixture.app, "other")).uid, 12345);
  },
);

test("permissions of a link leave alone what it leads to", { skip: !isRoot && "needs root" }, async (t) => {
  const fixture = new InstallFixture(t);
  write(join(fixture.folder, "victim"), "keep");
  chmodSync(join(fixture.folder, "victim"), 0o600);
  fixture.revision({ f: "1" });
  symlinkSync("../victim", join(fixture.archive, "link"));

  await fixture.install(`${everything}\npermissions: [{object: APP, mode: 777, owner: daemon}]`);

  assert.equal(statSync(join(fixture.folder, "victim")).mode & 0o777, 0o600);
  assert.equal(statSync(join(fixture.folder, "victim")).uid, 0);
  assert.equal(lstatSync(join(fixture.app, "link")).uid, 1);
  assert.equal(fixture.mode("f"), "777");
});

function getfacl(path: string): readonly string[] | undefined {
  try {
    return execFileSync("getfacl", ["-cp", "--absolute-names", path], { encoding: "utf8" }).trim().split("\n");
  } catch {
    return undefined; // this host has no access control lists
  }
}

test(
  "access control lists are replaced, and what they leave out follows from the mode",
  { skip: getfacl("/") === undefined && "needs getfacl" },
  async (t) => {
    const fixture = new InstallFixture(t);
    fixture.revision({ "s/f": "1" });

    await fixture.install(
      `${everything}\npermissions: [{object: APP/s, type: [file], mode: 640, acls: ["daemon:rw"]}, {object: APP, type: [directory], pattern: s, mode: 750, acls: ["d:u:daemon:rwx", "g:bin:rx"]}]`,
    );

    assert.deepEqual(getfacl(join(fixture.app, "s/f")), [
      "user::rw-",
      "user:daemon:rw-\t#effective:r--",
      "group::r--",
      "mask::r--",
      "other::---",
    ]);
    assert.deepEqual(getfacl(join(fixture.app, "s")), [
      "user::rwx",
      "group::r-x",
      "group:bin:r-x",
      "mask::r-x",
      "other::---",
      "default:user::rwx",
      "default:user:daemon:rwx\t#effective:r-x",
      "default:group::r-x",
      "default:mask::r-x",
      "default:other::---",
    ]);
  },
);

test("a default access control list that reaches a file is refused before anything is touched", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ f: "1" });

  await assert.rejects(
    fixture.install(`${everything}\npermissions: [{object: APP, acls: ["d:u:root:r"]}]`),
    /the -d parameter has been specified to apply an acl setting to a file/,
  );
  assert(!existsSync(fixture.app));
});

test(
  "an SELinux context that cannot be set says which command failed",
  { skip: existsSync("/sys/fs/selinux/enforce") && "this host has SELinux" },
  async (t) => {
    const fixture = new InstallFixture(t);
    fixture.revision({ f: "1" });

    await assert.rejects(
      fixture.install(`${everything}\npermissions: [{object: APP, context: {name: u_u, type: t_t, range: s0}}]`),
      /an error in the settings for the context parameter\. .* Failed command: semanage fcontext -a -s u_u -t t_t -r s0 .*\/app\/f\. Exit code: /,
    );
    assert.match(
      fixture.written("group-install.json"),
      /\{"type":"semanage","context":\{"user":"u_u","role":null,"type":"t_t","range":"s0"\},"file":"\/app\/f"\}/,
    );
    assert.match(fixture.written("group-cleanup"), /^semanage\0\/app\/f$/m);
  },
);

test("an SELinux type that confines nothing is refused before anything is touched, unless it is allowed", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "a.txt": "1" });
  await fixture.install(everything);
  fixture.revision({ "a.txt": "2" });
  const sections = `${everything}\npermissions: [{object: APP, context: {type: unconfined_t}}]`;

  await assert.rejects(
    fixture.install(sections),
    /^Error: deployment rejected: AppSpec specifies SELinux type 'unconfined_t' which disables mandatory access controls/,
  );
  assert.equal(fixture.read("a.txt"), "1");

  // Where there is no SELinux, its tools fail later: the file is there then.
  await fixture.install(sections, "DISALLOW", { allowsUnconfined: true }).catch((error: Error) => {
    assert.match(error.message, /Failed command: semanage/);
  });
  assert.equal(fixture.read("a.txt"), "2");
});
