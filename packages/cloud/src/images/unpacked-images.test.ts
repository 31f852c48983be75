import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Entry, tar } from "../../../archive/test/tar-archives.ts";
import { digestOf } from "../service/ecr/digest.ts";
import { UnpackedImages } from "./unpacked-images.ts";

const isRoot = process.getuid?.() === 0;
/** Whose the files of an image's root are here. */
const first = isRoot ? 500_000 : (process.getuid?.() ?? 0);

/** A place for unpacked images, and what layers are made of. */
function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-images-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "blobs"));
  const owners = isRoot ? { first, count: 65_536 } : ("none" as const);
  const images = new UnpackedImages(join(folder, "unpacked"), async () => ({ words: [], owners }));
  t.after(() => images.close());
  let layers = 0;
  const layer = (entries: readonly Entry[], compress = (bytes: Buffer) => bytes) => {
    const bytes = tar(entries.map((entry) => ({ uid: 0, ...entry })));
    const file = join(folder, "blobs", String((layers += 1)));
    writeFileSync(file, compress(bytes));
    return { file, diffId: digestOf(bytes) as string };
  };
  return { folder, images, layer };
}

const read = (tree: string, ...path: readonly string[]) => readFileSync(join(tree, ...path), "utf8");

/** All names below a folder, links not followed. */
function namesIn(tree: string, below = ""): readonly string[] {
  return readdirSync(join(tree, below), { withFileTypes: true })
    .flatMap((entry) => {
      const name = join(below, entry.name);
      return entry.isDirectory() ? [name, ...namesIn(tree, name)] : [name];
    })
    .toSorted();
}

test("a layer is unpacked as it says, plain, gzipped or packed by zstd", async (t) => {
  const { images, layer } = place(t);
  const entries = [
    { name: "./", type: "5", mode: 0o755 },
    { name: "bin/", type: "5", mode: 0o755 },
    { name: "bin/tool", content: "#!/bin/sh\n", mode: 0o755 },
    { name: "bin/same", type: "1", link: "bin/tool" },
    { name: "lib", type: "2", link: "/usr/lib" },
    { name: "tmp/", type: "5", mode: 0o1777 },
    { name: "dev/null", type: "3" },
    { name: "home/app/data", content: "x", mode: 0o640, uid: 1000 },
  ];

  const kinds = [undefined, gzipSync, zstdCompressSync];
  for (const [number, compress] of kinds.entries()) {
    const one = layer([...entries, { name: "kind", content: String(number) }], compress);
    const tree = await images.treeOf([one]);

    const names = ["bin", "bin/same", "bin/tool", "home", "home/app", "home/app/data", "kind", "lib", "tmp"];
    assert.deepEqual(namesIn(tree), names);
    assert.equal(read(tree, "bin/tool"), "#!/bin/sh\n");
    assert.equal(statSync(join(tree, "bin/tool")).mode & 0o7777, 0o755);
    assert.equal(statSync(join(tree, "bin/same")).ino, statSync(join(tree, "bin/tool")).ino);
    assert.equal(readlinkSync(join(tree, "lib")), "/usr/lib");
    assert.equal(statSync(join(tree, "tmp")).mode & 0o1777, 0o1777);
    assert.equal(lstatSync(join(tree, "lib")).uid, first);
    assert.equal(statSync(join(tree, "home/app/data")).uid, isRoot ? first + 1000 : first);
    assert.equal(statSync(join(tree, "home")).mode & 0o7777, 0o755);
  }
});

test("an image is its layers one above the other: what a layer removes or replaces is gone", async (t) => {
  const { images, layer } = place(t);
  const base = layer([
    { name: "etc/", type: "5", mode: 0o755 },
    { name: "etc/kept", content: "base" },
    { name: "etc/gone", content: "base" },
    { name: "cache/", type: "5", mode: 0o755 },
    { name: "cache/old/file", content: "base" },
    { name: "tmp/", type: "5", mode: 0o1777 },
    { name: "was-folder/inner", content: "base" },
    { name: "was-file", content: "base" },
    { name: "link", type: "2", link: "etc" },
  ]);
  const middle = layer([
    { name: "etc/.wh.gone" },
    { name: "cache/new", content: "middle" },
    { name: "cache/.wh..wh..opq" },
    { name: ".wh..wh.plnk", content: "AUFS's own" },
    { name: "tmp/file", content: "middle" },
    { name: "was-folder", content: "middle" },
    { name: "was-file/", type: "5" },
    { name: "was-file/inner", content: "middle" },
  ]);
  const top = layer(
    [{ name: "etc/kept", content: "top" }, { name: ".wh.link" }, { name: ".wh.never-there" }],
    gzipSync,
  );

  const tree = await images.treeOf([base, middle, top]);

  const names = [
    "cache",
    "cache/new",
    "etc",
    "etc/kept",
    "tmp",
    "tmp/file",
    "was-file",
    "was-file/inner",
    "was-folder",
  ];
  assert.deepEqual(namesIn(tree), names);
  assert.equal(read(tree, "etc/kept"), "top");
  assert.equal(read(tree, "was-folder"), "middle");
  assert.equal(
    statSync(join(tree, "tmp")).mode & 0o1777,
    0o1777,
    "a layer that only has something in a folder leaves it as it is",
  );
});

test("images that share a layer share its files, and it is unpacked once", async (t) => {
  const { folder, images, layer } = place(t);
  const base = layer([{ name: "shared", content: "much" }]);
  const [one, other] = [layer([{ name: "version", content: "1" }]), layer([{ name: "version", content: "2" }])];

  const trees = await Promise.all([
    images.treeOf([base, one]),
    images.treeOf([base, other]),
    images.treeOf([base, one]),
  ]);

  assert.equal(trees[0], trees[2]);
  assert.deepEqual(
    trees.slice(0, 2).map((tree) => read(tree, "version")),
    ["1", "2"],
  );
  assert.equal(new Set(trees.map((tree) => statSync(join(tree, "shared")).ino)).size, 1);
  assert.equal(readdirSync(join(folder, "unpacked/layers")).length, 3);
});

const attacks: readonly (readonly [what: string, entries: readonly Entry[], message: RegExp])[] = [
  ["an absolute path", [{ name: "/etc/x", content: "x" }], /entry "\/etc\/x" has an absolute path/],
  ["a way up", [{ name: "a/../../x", content: "x" }], /entry "a\/..\/..\/x" leaves the layer/],
  [
    "a way through a link",
    [
      { name: "out", type: "2", link: "/" },
      { name: "out/x", content: "x" },
    ],
    /entry "out\/x" goes through the link "out"/,
  ],
  ["a hard link to elsewhere", [{ name: "x", type: "1", link: "../../x" }], /entry "..\/..\/x" leaves the layer/],
  ["a whiteout of the folder above", [{ name: "a/.wh..." }], /leaves the layer/],
  ["a whiteout of the folder itself", [{ name: "a/.wh.." }], /removes nothing that has a name/],
  ["a whiteout without a name", [{ name: "a/.wh." }], /removes nothing that has a name/],
  ["a whiteout above the root", [{ name: "../.wh.x" }], /leaves the layer/],
  ["an unknown type", [{ name: "a", type: "Z" }], /of the type "Z", which is not known/],
];

for (const [what, entries, message] of attacks)
  test(`a layer with ${what} is refused by the entry's name, and leaves nothing`, async (t) => {
    const { folder, images, layer } = place(t);

    await assert.rejects(images.treeOf([layer([{ name: "before", content: "x" }, ...entries])]), message);

    assert.deepEqual(readdirSync(join(folder, "unpacked/layers")), []);
    assert.deepEqual(readdirSync(folder).toSorted(), ["blobs", "unpacked"]);
  });

test("a layer that is not the one it was to be, or is damaged, is refused", async (t) => {
  const { folder, images, layer } = place(t);
  const sound = layer([{ name: "file", content: "x".repeat(100_000) }], gzipSync);
  const cut = join(folder, "blobs", "cut");
  writeFileSync(cut, readFileSync(sound.file).subarray(0, -20));

  await assert.rejects(
    images.treeOf([{ ...sound, diffId: digestOf("other") }]),
    /was to be sha256:\w+ when it is unpacked, and is sha256:/,
  );
  await assert.rejects(images.treeOf([{ ...sound, file: cut }]), /The layer is damaged/);
  assert.deepEqual(readdirSync(join(folder, "unpacked/layers")), []);
});

test("a bomb is refused before it fills the disk", async (t) => {
  const { images, layer } = place(t);
  const bomb = layer([{ name: "zeros", content: Buffer.alloc(200 * 2 ** 20) }], (bytes) => zstdCompressSync(bytes));

  await assert.rejects(images.treeOf([bomb]), /unpacks to more than 250 times its size, at its entry "zeros"/);
});

test("no whiteout of a layer reaches through a link of a lower one", async (t) => {
  const { folder, images, layer } = place(t);
  mkdirSync(join(folder, "outside"));
  writeFileSync(join(folder, "outside", "precious"), "mine");
  const base = layer([{ name: "out", type: "2", link: join(folder, "outside") }]);
  const attack = layer([{ name: "out/.wh.precious" }, { name: "out/.wh..wh..opq" }]);
  const replacing = layer([{ name: "out/precious", content: "theirs" }]);

  const tree = await images.treeOf([base, attack, replacing]);

  assert.equal(read(folder, "outside/precious"), "mine");
  assert.equal(read(tree, "out/precious"), "theirs");
  assert(lstatSync(join(tree, "out")).isDirectory());
});

test(
  "what users there are not here is nobody's, and nobody gets rights by it",
  { skip: isRoot ? false : "only root gives files away" },
  async (t) => {
    const { images, layer } = place(t);
    const tree = await images.treeOf([
      layer([
        { name: "known", content: "x", mode: 0o4755, uid: 7 },
        { name: "unknown", content: "x", mode: 0o4755, uid: 70_000 },
      ]),
    ]);

    const found = ["known", "unknown"].map((name) => statSync(join(tree, name)));
    assert.deepEqual(
      found.map(({ uid, mode }) => [uid - first, (mode & 0o7777).toString(8)]),
      [
        [7, "4755"],
        [65_534, "755"],
      ],
    );
  },
);

test(
  "who is root of a user namespace only gives files to the users that it has",
  { skip: isRoot ? false : "only root maps users as it likes" },
  async (t) => {
    const { folder, layer } = place(t);
    const holder = spawn("unshare", ["-U", "sh", "-c", "echo inside && exec sleep 600"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    // As for an ordinary user: its root is who has made it, and its other users are subordinate ones.
    for (const map of ["uid_map", "gid_map"]) writeFileSync(`/proc/${holder.pid}/${map}`, "0 0 1\n1 500001 65535\n");
    const words = ["nsenter", `--target=${holder.pid}`, "--user", "--preserve-credentials"];
    const images = new UnpackedImages(join(folder, "inside"), async () => ({ words, owners: "namespace" }));
    t.after(() => images.close());

    const [base, top] = [
      layer([
        { name: "root", content: "x" },
        { name: "app", content: "x", mode: 0o4755, uid: 1000 },
        { name: "closed/", type: "5", mode: 0o700, uid: 1000 },
        { name: "closed/file", content: "x", mode: 0o600, uid: 1000 },
        { name: "nobodys", content: "x", mode: 0o4755, uid: 70_000 },
      ]),
      layer([{ name: "closed/.wh.none" }, { name: "closed/more", content: "x", uid: 7 }]),
    ];
    const tree = await images.treeOf([base, top]);

    const found = ["root", "app", "closed", "closed/file", "closed/more", "nobodys"].map((name) =>
      statSync(join(tree, name)),
    );
    assert.deepEqual(
      found.map(({ uid, mode }) => [uid, (mode & 0o7777).toString(8)]),
      [
        [0, "644"],
        [501_000, "4755"],
        [501_000, "700"],
        [501_000, "600"],
        [500_007, "644"],
        [565_534, "755"],
      ],
    );
    await images.sweep(() => []);
    assert.deepEqual(readdirSync(join(folder, "inside/trees")), []);
  },
);

test("a sweep deletes what no image needs, and what was never finished", async (t) => {
  const { folder, images, layer } = place(t);
  const [base, one, other] = ["base", "one", "other"].map((content) => layer([{ name: content, content }]));
  assert(base !== undefined && one !== undefined && other !== undefined);
  const kept = await images.treeOf([base, one]);
  const gone = await images.treeOf([base, other]);
  mkdirSync(join(folder, "unpacked/layers/new-0123"));

  await new UnpackedImages(join(folder, "unpacked"), async () => ({ words: [], owners: "none" })).sweep(() => [
    [base.diffId, one.diffId],
  ]);

  assert(existsSync(kept) && !existsSync(gone));
  assert.deepEqual(
    readdirSync(join(folder, "unpacked/layers")).toSorted(),
    [base, one].map(({ diffId }) => diffId.slice("sha256:".length)).toSorted(),
  );
});
