// How the next installation removes what one has made, whatever has become of it.
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
import { everything, InstallGround, write } from "../../test/install-ground.ts";
import { bytesOf } from "../files/system-path.ts";
import { readLines, writeLine } from "./cleanup-lines.ts";
import { sweepUnfinishedInstallations } from "./unfinished-installation.ts";

test("a folder that somebody has replaced by a file is theirs, and deployments go on", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({ "b/x": "1", "b/deep/y": "1", a: "1" });
  await ground.install(everything);
  rmSync(join(ground.app, "b"), { recursive: true });
  write(join(ground.app, "b"), "somebody's");
  ground.revision({ a: "2" });

  await ground.install(everything);
  await ground.install(everything);

  assert.deepEqual([ground.read("a"), ground.read("b")], ["2", "somebody's"]);
  assert(ground.warned.some((line) => line.includes(`"${ground.app}/b"`)));
});

test("the application's folder may have become a file: that is said before anything is touched", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({ a: "1" });
  await ground.install(everything);
  rmSync(ground.app, { recursive: true });
  write(ground.app, "somebody's");

  await assert.rejects(ground.install(everything), {
    message: `The deployment failed because the folder "${ground.app}" cannot be made: a file stands there`,
  });
  rmSync(ground.app);
  await ground.install(everything);
  assert.equal(ground.read("a"), "1");
});

test("a folder that has become a link, to somebody's folder or to itself, is left alone with what it leads to", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({ "b/x": "1", "c/x": "1", "b/l": "1" });
  await ground.install(everything);
  write(join(ground.folder, "others/x"), "theirs");
  for (const [name, target] of [
    ["b", "../others"],
    ["c", "c"],
  ] as const) {
    rmSync(join(ground.app, name), { recursive: true });
    symlinkSync(target, join(ground.app, name));
  }
  ground.revision({ a: "2" });

  await ground.install(everything);

  assert.equal(readFileSync(join(ground.folder, "others/x"), "utf8"), "theirs");
  assert.deepEqual(readdirSync(ground.app), ["a", "b", "c"]);
});

test("a file that has become a folder with things in it stays", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({ a: "1" });
  await ground.install(everything);
  rmSync(join(ground.app, "a"));
  write(join(ground.app, "a/theirs"), "x");
  ground.revision({ b: "2" });

  await ground.install(everything);

  assert.deepEqual([ground.read("a/theirs"), ground.read("b")], ["x", "2"]);
});

/** Names that some tool or other stumbles over; the last is no UTF-8, and falls together with the one before it for whoever takes it for text. */
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
  const ground = new InstallGround(t);
  const at = (folder: string, name: string) => bytesOf(join(folder, name));
  for (const name of oddNames) {
    writeFileSync(at(ground.archive, name), name);
    mkdirSync(at(ground.archive, `${name}.d`));
    writeFileSync(at(ground.archive, `${name}.d/${name}`), name);
  }
  const strangers = ["report", "tab", "lines", "two"];
  for (const name of strangers) write(join(ground.app, name), "somebody's");

  await ground.install(everything);
  for (const name of oddNames) {
    assert.equal(readFileSync(at(ground.app, name), "utf8"), name.toWellFormed());
    assert(existsSync(at(ground.app, `${name}.d/${name}`)));
  }
  await ground.install(everything);
  ground.revision({ last: "x" });
  await ground.install(everything);

  assert.deepEqual(readdirSync(ground.app), ["last", ...strangers].toSorted());
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
    const ground = new InstallGround(t);
    ground.revision({ a: "1" });
    const list = join(ground.instructions, "group-cleanup");
    write(list, content);

    await assert.rejects(ground.install(everything), {
      message: `The list of what the previous revision has installed, "${list}", is damaged: ${problem}. It is now "${list}.damaged", and nothing on it was removed: remove by hand what it names and should go, then deploy again`,
    });
    assert(!existsSync(ground.app));

    await ground.install(everything);
    assert.equal(ground.read("a"), "1");
    assert.equal(readFileSync(`${list}.damaged`, "utf8"), content);
  }
});

/** Makes something that its owner cannot delete. Gives how to undo it; undefined where that cannot be. */
function makeUndeletable(folder: string, name: string): (() => void) | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500);
    return () => chmodSync(folder, 0o700);
  }
  const flag = (change: string) => spawnSync("chattr", [change, join(folder, name)]).status === 0;
  return flag("+i") ? () => void flag("-i") : undefined;
}

test("what cannot be deleted of the previous revision is warned of", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({ "b/kept": "1", a: "1" });
  await ground.install(everything);
  const undo = makeUndeletable(join(ground.app, "b"), "kept");
  if (undo === undefined) return t.skip("needs chattr and a file system with immutable files");
  ground.revision({ a: "2" });

  await ground.install(everything).finally(undo);

  assert.deepEqual([ground.read("a"), ground.read("b/kept")], ["2", "1"]);
  assert(
    ground.warned.some((line) => /"[^"]*\/app\/b\/kept" of the previous revision stays: E(PERM|ACCES):/.test(line)),
  );
});

test("what an installation that was killed has left in its folders is gone with the next one, or at the agent's start", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({ "b/x": "1", a: "1" });
  await ground.install(everything);
  const kill = () => {
    write(join(ground.instructions, "group-installing"), ".sluice-k3j2-");
    for (const name of [".sluice-k3j2-7", "b/.sluice-k3j2-8", ".sluice-other-1"]) write(join(ground.app, name), "half");
  };

  kill();
  sweepUnfinishedInstallations(ground.instructions);
  assert.deepEqual(readdirSync(ground.app), [".sluice-other-1", "a", "b"]);
  assert.deepEqual(readdirSync(join(ground.app, "b")), ["x"]);

  kill();
  renameSync(join(ground.instructions, "group-cleanup"), join(ground.instructions, "lost"));
  await ground.install(everything, "OVERWRITE");
  assert.deepEqual(readdirSync(ground.app), [".sluice-other-1", "a", "b"]);
  assert.deepEqual(readdirSync(join(ground.app, "b")), ["x"]);
  assert(!existsSync(join(ground.instructions, "group-installing")));
});

test("a link to nothing in a link's place is removed as what it is", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({});
  mkdirSync(ground.archive);
  symlinkSync("nowhere", join(ground.archive, "l"));
  await ground.install(everything);
  assert(lstatSync(join(ground.app, "l")).isSymbolicLink());
  rmSync(join(ground.archive, "l"));

  await ground.install("");

  assert(!existsSync(ground.app));
});

test("a link that leads to itself makes way for a folder of its name", async (t) => {
  const ground = new InstallGround(t);
  ground.revision({});
  mkdirSync(ground.archive);
  symlinkSync("a", join(ground.archive, "a"));
  await ground.install(everything);
  rmSync(join(ground.archive, "a"));
  ground.revision({ "a/b/f": "x" });

  await ground.install(everything);

  assert.equal(ground.read("a/b/f"), "x");
});
