// How an installation removes what the previous one has created, whatever has happened to it meanwhile.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { everything, InstallFixture, write } from "../../test/install-fixture.ts";
import { bytesOf } from "../files/system-path.ts";
import { readLines, writeLine } from "./cleanup-lines.ts";
import { sweepUnfinishedInstallations } from "./unfinished-installation.ts";

test("a folder that somebody has replaced by a file is theirs, and deployments go on", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "b/x": "1", "b/deep/y": "1", a: "1" });
  await fixture.install(everything);
  rmSync(join(fixture.app, "b"), { recursive: true });
  write(join(fixture.app, "b"), "somebody's");
  fixture.revision({ a: "2" });

  await fixture.install(everything);
  await fixture.install(everything);

  assert.deepEqual([fixture.read("a"), fixture.read("b")], ["2", "somebody's"]);
  assert(fixture.warned.some((line) => line.includes(`"${fixture.app}/b"`)));
});

test("the application's folder may have become a file: that is said before anything is touched", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ a: "1" });
  await fixture.install(everything);
  rmSync(fixture.app, { recursive: true });
  write(fixture.app, "somebody's");

  await assert.rejects(fixture.install(everything), {
    message: `The deployment failed because the folder "${fixture.app}" cannot be made: a file stands there`,
  });
  rmSync(fixture.app);
  await fixture.install(everything);
  assert.equal(fixture.read("a"), "1");
});

test("a folder that has become a link, to somebody's folder or to itself, is left alone with what it leads to", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "b/x": "1", "c/x": "1", "b/l": "1" });
  await fixture.install(everything);
  write(join(fixture.folder, "others/x"), "theirs");
  for (const [name, target] of [
    ["b", "../others"],
    ["c", "c"],
  ] as const) {
    rmSync(join(fixture.app, name), { recursive: true });
    symlinkSync(target, join(fixture.app, name));
  }
  fixture.revision({ a: "2" });

  await fixture.install(everything);

  assert.equal(readFileSync(join(fixture.folder, "others/x"), "utf8"), "theirs");
  assert.deepEqual(readdirSync(fixture.app), ["a", "b", "c"]);
});

test("a file that has become a folder with things in it stays", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ a: "1" });
  await fixture.install(everything);
  rmSync(join(fixture.app, "a"));
  write(join(fixture.app, "a/theirs"), "x");
  fixture.revision({ b: "2" });

  await fixture.install(everything);

  assert.deepEqual([fixture.read("a/theirs"), fixture.read("b")], ["x", "2"]);
});

/** Names that one tool or another fails on. The last one is not UTF-8, and decoded as text it equals the one before. */
const oddNames = [
  "report ",
  "tab\t",
  "two\nlines",
  "%41",
  " leading",
  "semanage",
  "file:",
  "\u00e9\udcff",
  "\u00e9\udcfe",
];

test("any name that the system allows is installed and removed exactly, and nothing that is called like it", async (t) => {
  const fixture = new InstallFixture(t);
  const at = (folder: string, name: string) => bytesOf(join(folder, name));
  for (const name of oddNames) {
    writeFileSync(at(fixture.archive, name), name);
    mkdirSync(at(fixture.archive, `${name}.d`));
    writeFileSync(at(fixture.archive, `${name}.d/${name}`), name);
  }
  const strangers = ["report", "tab", "lines", "two"];
  for (const name of strangers) write(join(fixture.app, name), "somebody's");

  await fixture.install(everything);
  for (const name of oddNames) {
    assert.equal(readFileSync(at(fixture.app, name), "utf8"), name.toWellFormed());
    assert(existsSync(at(fixture.app, `${name}.d/${name}`)));
  }
  await fixture.install(everything);
  fixture.revision({ last: "x" });
  await fixture.install(everything);

  assert.deepEqual(readdirSync(fixture.app), ["last", ...strangers].toSorted());
});

test("the list has the official form where that can say a name, and a URL where it cannot", () => {
  const lines = ["/srv/app/a b", "/srv/caf\u00e9", "/srv/report ", "/srv/two\nlines", "/srv/\udcff", "/srv/\r/x"];

  const written = lines.map((path) => writeLine({ type: "path", path }));

  assert.deepEqual(written, [
    "/srv/app/a b\n",
    "/srv/caf\u00e9\n",
    "file:///srv/report%20\n",
    "file:///srv/two%0Alines\n",
    "file:///srv/%FF\n",
    "/srv/\r/x\n",
  ]);
  assert.equal(writeLine({ type: "context", path: "/srv/a" }), "semanage\0/srv/a\n");
  assert.deepEqual(
    readLines(Buffer.from(`${written.join("")}semanage\0/srv/a\n\ntorn`)).map(({ path }) => path),
    [...lines, "/srv/a"],
  );
});

test("a damaged list fails one deployment, in one sentence that names it and the remedy, and no other", async (t) => {
  const damages = [
    ["a\0b\n", "line 1 is not the absolute path of a file"],
    [`/srv/a\n${"x".repeat(50)}\n`, "line 2 is not the absolute path of a file"],
    [`/${"x".repeat(5000)}\n`, "line 1 is not the absolute path of a file"],
    [`/srv/a\n/${"x/".repeat(20_000)}\n`, "line 2 has 40001 characters"],
    ["/srv/../etc/passwd\n", "line 1 is not the absolute path of a file"],
    ["file:///a%4\n", "line 1 is not the absolute path of a file"],
  ] as const;
  for (const [content, problem] of damages) {
    const fixture = new InstallFixture(t);
    fixture.revision({ a: "1" });
    const list = join(fixture.instructions, "group-cleanup");
    write(list, content);

    await assert.rejects(fixture.install(everything), {
      message: `The list of what the previous revision has installed, "${list}", is damaged: ${problem}. It is now "${list}.damaged", and nothing on it was removed: remove by hand what it names and should go, then deploy again`,
    });
    assert(!existsSync(fixture.app));

    await fixture.install(everything);
    assert.equal(fixture.read("a"), "1");
    assert.equal(readFileSync(`${list}.damaged`, "utf8"), content);
  }
});

/** Creates something that its owner cannot delete. Returns a function that undoes it, or undefined where that is impossible. */
function makeUndeletable(folder: string, name: string): (() => void) | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500);
    return () => chmodSync(folder, 0o700);
  }
  const flag = (change: string) => spawnSync("chattr", [change, join(folder, name)]).status === 0;
  return flag("+i") ? () => void flag("-i") : undefined;
}

test("what cannot be deleted of the previous revision is warned of", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "b/kept": "1", a: "1" });
  await fixture.install(everything);
  const undo = makeUndeletable(join(fixture.app, "b"), "kept");
  if (undo === undefined) return t.skip("needs chattr and a file system with immutable files");
  fixture.revision({ a: "2" });

  await fixture.install(everything).finally(undo);

  assert.deepEqual([fixture.read("a"), fixture.read("b/kept")], ["2", "1"]);
  assert(
    fixture.warned.some((line) => /"[^"]*\/app\/b\/kept" of the previous revision stays: E(PERM|ACCES):/.test(line)),
  );
});

test("what an installation that was killed has left in its folders is gone with the next one, or at the agent's start", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({ "b/x": "1", a: "1" });
  await fixture.install(everything);
  const kill = () => {
    write(join(fixture.instructions, "group-installing"), ".sluice-k3j2-");
    for (const name of [".sluice-k3j2-7", "b/.sluice-k3j2-8", ".sluice-other-1"])
      write(join(fixture.app, name), "half");
  };

  kill();
  sweepUnfinishedInstallations(fixture.instructions);
  assert.deepEqual(readdirSync(fixture.app), [".sluice-other-1", "a", "b"]);
  assert.deepEqual(readdirSync(join(fixture.app, "b")), ["x"]);

  kill();
  renameSync(join(fixture.instructions, "group-cleanup"), join(fixture.instructions, "lost"));
  await fixture.install(everything, "OVERWRITE");
  assert.deepEqual(readdirSync(fixture.app), [".sluice-other-1", "a", "b"]);
  assert.deepEqual(readdirSync(join(fixture.app, "b")), ["x"]);
  assert(!existsSync(join(fixture.instructions, "group-installing")));
});

test("a link to nothing in a link's place is removed as what it is", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({});
  mkdirSync(fixture.archive);
  symlinkSync("nowhere", join(fixture.archive, "l"));
  await fixture.install(everything);
  assert(lstatSync(join(fixture.app, "l")).isSymbolicLink());
  rmSync(join(fixture.archive, "l"));

  await fixture.install("");

  assert(!existsSync(fixture.app));
});

test("a link that leads to itself makes way for a folder of its name", async (t) => {
  const fixture = new InstallFixture(t);
  fixture.revision({});
  mkdirSync(fixture.archive);
  symlinkSync("a", join(fixture.archive, "a"));
  await fixture.install(everything);
  rmSync(join(fixture.archive, "a"));
  fixture.revision({ "a/b/f": "x" });

  await fixture.install(everything);

  assert.equal(fixture.read("a/b/f"), "x");
});
