import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Entry, tar, tgz, zip } from "../../test/archives.ts";
import { rulesByDefault } from "./rules.ts";
import { type Unpacking, unpackBundle } from "./unpack.ts";

type Type = Unpacking["type"];

/** A folder with a bundle in it, and nothing else: whatever appears beside is a leak. */
function place(t: TestContext, bytes: Buffer) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-unpack-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "deployment"));
  const file = join(folder, "deployment", "bundle.tar");
  writeFileSync(file, bytes);
  return { folder, file, into: join(folder, "deployment", "deployment-archive") };
}

async function unpack(t: TestContext, type: Type, bytes: Buffer) {
  const at = place(t, bytes);
  await unpackBundle({ ...at, type });
  return at.into;
}

/** Tries to unpack; the message says why not, and nothing may be left of the try. */
async function refusal(t: TestContext, type: Type, bytes: Buffer): Promise<string> {
  const { folder, ...at } = place(t, bytes);
  const error: unknown = await unpackBundle({ ...at, type }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof Error, "the bundle is refused");
  assert.deepEqual(readdirSync(join(folder, "deployment")), ["bundle.tar"], error.message);
  assert.deepEqual(readdirSync(folder), ["deployment"], error.message);
  return error.message;
}

const builders = { tar, tgz, zip } as const;
const types = ["tar", "tgz", "zip"] as const;

/** Hostile bundles that can be written in every form, and the sentence about each. */
const hostile: readonly { readonly what: string; readonly entries: readonly Entry[]; readonly says: RegExp }[] = [
  { what: "a path that climbs out", entries: [{ name: "../evil" }], says: /"\.\.\/evil"|\.\.\/evil/ },
  {
    what: "a path that climbs out by a detour",
    entries: [{ name: "a/b/../../../evil" }],
    says: /a\/b\/\.\.\/\.\.\/\.\.\/evil/,
  },
  { what: "a path that climbs and comes back", entries: [{ name: "a/../b" }], says: /a\/\.\.\/b/ },
  { what: "an absolute path", entries: [{ name: "/tmp/evil" }], says: /absolute path.*|\/tmp\/evil/ },
  {
    what: "a link to an absolute path",
    entries: [{ name: "out", type: "2", link: "/etc" }],
    says: /link "out" leaves the bundle: it points to "\/etc"/,
  },
  {
    what: "a link that climbs out",
    entries: [{ name: "a/out", type: "2", link: "../../x" }],
    says: /link "a\/out" leaves the bundle: it points to "\.\.\/\.\.\/x"/,
  },
  {
    what: "a link that climbs out behind another link",
    entries: [
      { name: "x/y/top", type: "2", link: "../.." },
      { name: "out", type: "2", link: "x/y/top/.." },
    ],
    says: /link "out" leaves the bundle, or may do so: it points to "x\/y\/top\/\.\."/,
  },
  {
    what: "an entry through a link made before",
    entries: [{ name: "dir", type: "2", link: "other" }, { name: "dir/evil" }],
    says: /entry "dir\/evil" goes through the link "dir"/,
  },
  {
    what: "an entry that replaces a link made before",
    entries: [{ name: "f", type: "2", link: "other" }, { name: "f" }],
    says: /entry "f" goes through the link "f"/,
  },
  {
    what: "a link in place of a folder with content",
    entries: [{ name: "dir/file" }, { name: "dir", type: "2", link: "other" }],
    says: /entry "dir" cannot be written/,
  },
  {
    what: "a link by the same name in other letters",
    entries: [{ name: "Dir", type: "2", link: "/etc" }, { name: "dir/passwd" }],
    says: /link "Dir" leaves the bundle/,
  },
  {
    what: "a setuid file",
    entries: [{ name: "su", mode: 0o4755 }],
    says: /entry "su" has a setuid or setgid bit \(mode 4755\)/,
  },
  {
    what: "a setgid file",
    entries: [{ name: "sg", mode: 0o2755 }],
    says: /entry "sg" has a setuid or setgid bit \(mode 2755\)/,
  },
  {
    what: "a device",
    entries: [{ name: "null", type: "3", mode: 0o666 }],
    says: /entry "null" is neither a file nor a folder nor a link/,
  },
  { what: "a name with NUL", entries: [{ name: "a\0b" }], says: /entry "a\\u0000b" has a NUL character/ },
  {
    what: "a part of a name over 255 bytes",
    entries: [{ name: `d/${"n".repeat(256)}` }],
    says: /entry "d\/n+…" has too long a name/,
  },
  {
    what: "a path over 4095 bytes",
    entries: [{ name: "n/".repeat(2100) + "f" }],
    says: /entry "n\/n\/.*…" has too long a name/,
  },
  {
    what: "a file in place of a folder",
    entries: [{ name: "a" }, { name: "a/b" }],
    says: /entry "a\/b" cannot be written/,
  },
  {
    what: "a bomb",
    entries: [{ name: "small" }, { name: "zeros", content: Buffer.alloc(80 * 2 ** 20) }],
    says: /more than 250 times its size, at its entry "zeros"/,
  },
  { what: "nothing at all", entries: [], says: /The bundle has no entries/ },
];

for (const type of types)
  for (const { what, entries, says } of hostile) {
    if (type === "tar" && what === "a bomb") continue; // nothing is compressed
    test(`${what} in a ${type} is refused by name, and nothing is left behind`, async (t) => {
      assert.match(await refusal(t, type, builders[type](entries)), says);
    });
  }

test("a hard link to something outside is refused", async (t) => {
  const outside = [{ name: "hosts", type: "1", link: "../../etc/hosts" }];
  const throughLink = [
    { name: "l", type: "2", link: "x" },
    { name: "h", type: "1", link: "l" },
  ];

  assert.match(await refusal(t, "tar", tar(outside)), /entry "\.\.\/\.\.\/etc\/hosts" leaves the bundle/);
  assert.match(await refusal(t, "tar", tar(throughLink)), /entry "l" goes through the link "l"/);
});

test("an archive that ends early is refused, in every form", async (t) => {
  const entries = [
    { name: "first", content: "x" },
    { name: "second", content: Buffer.alloc(5000, "y") },
  ];

  assert.match(await refusal(t, "tar", tar(entries).subarray(0, 3000)), /damaged at or after its entry "second"/);
  assert.match(await refusal(t, "tgz", tgz(entries).subarray(0, -20)), /damaged/);
  assert.match(await refusal(t, "zip", zip(entries).subarray(0, -10)), /Error extracting zip archive: /);
  assert.match(await refusal(t, "tar", Buffer.alloc(0)), /no entries/);
  assert.match(await refusal(t, "tar", Buffer.from("<html>not found</html>".repeat(50))), /damaged at its beginning/);
  assert.match(await refusal(t, "zip", Buffer.from("<html>not found</html>")), /Error extracting zip archive: /);
});

test("what an archive holds beside its entries counts, too", async (t) => {
  const zeros = Buffer.concat([tar([{ name: "f" }]), Buffer.alloc(80 * 2 ** 20)]);
  const linked = tgz([{ name: "l", type: "1", link: "f", content: Buffer.alloc(80 * 2 ** 20) }]);

  assert.match(await refusal(t, "tgz", gzipSync(zeros)), /more than 250 times its size, at its entry "f"/);
  assert.match(await refusal(t, "tgz", linked), /more than 250 times its size, at its entry "l"/);
});

test("a sparse file is refused, for its content is not what it seems", async (t) => {
  assert.match(await refusal(t, "tar", tar([{ name: "s", type: "S" }])), /entry "s" is neither .* but a sparse file/);
});

test("a zip that lies about a size or a checksum is refused by the entry's name", async (t) => {
  const content = "twelve bytes";

  for (const claimedSize of [3, 4000])
    assert.match(
      await refusal(t, "zip", zip([{ name: "liar", content, claimedSize }])),
      /entry "liar" is damaged: .*(bytes|size)/,
    );
  assert.match(
    await refusal(t, "zip", zip([{ name: "liar", content, claimedSum: 1 }])),
    /entry "liar" is damaged: its checksum is not that of its content/,
  );
});

test("the limit of a bundle's size can be set", async (t) => {
  const { file, into } = place(t, tar([{ name: "big", content: Buffer.alloc(2000) }]));

  await assert.rejects(
    unpackBundle({ file, into, type: "tar", rules: { ...rulesByDefault, bytesMax: 1000 } }),
    /more than 1000 bytes, at its entry "big"/,
  );
});

test("what an operator has allowed is unpacked as the official agent does", async (t) => {
  const lenient = { ...rulesByDefault, rejectUnsafePermissions: false, rejectPathTraversal: false };
  const { file, into } = place(
    t,
    tar([
      { name: "su", mode: 0o4755 },
      { name: "etc", type: "2", link: "/etc" },
    ]),
  );

  await unpackBundle({ file, into, type: "tar", rules: lenient });

  assert.equal(statSync(join(into, "su")).mode & 0o7777, 0o4755);
  assert.equal(readlinkSync(join(into, "etc")), "/etc");
});

test("an operator may refuse every link", async (t) => {
  const { file, into } = place(t, tar([{ name: "l", type: "2", link: "x" }]));

  await assert.rejects(
    unpackBundle({ file, into, type: "tar", rules: { ...rulesByDefault, rejectSymlinks: true } }),
    /entry "l" is a symbolic link, and reject_symlinks_in_bundle is set/,
  );
});

const good: readonly Entry[] = [
  { name: "bin/", type: "5", mode: 0o755 },
  { name: "bin/run", content: "#!/bin/sh\n", mode: 0o755 },
  { name: "a/deep/file.txt", content: "hello" },
  { name: "..data", content: "a name with dots" },
  { name: "current", type: "2", link: "a/deep" },
  { name: "a/up", type: "2", link: "../bin/run" },
];

for (const type of types)
  test(`a ${type} comes out with its content, modes and links`, async (t) => {
    const into = await unpack(t, type, builders[type](good));

    assert.equal(readFileSync(join(into, "a/deep/file.txt"), "utf8"), "hello");
    assert.equal(readFileSync(join(into, "..data"), "utf8"), "a name with dots");
    assert.equal(statSync(join(into, "bin/run")).mode & 0o777, 0o755);
    assert.equal(statSync(join(into, "a/deep/file.txt")).mode & 0o777, 0o644);
    assert.equal(readFileSync(join(into, "current/file.txt"), "utf8"), "hello");
    assert.equal(readlinkSync(join(into, "a/up")), "../bin/run");
  });

for (const type of types)
  test(`a ${type} of one folder with an AppSpec file in it stands for that folder`, async (t) => {
    const into = await unpack(
      t,
      type,
      builders[type]([{ name: "repo-abc/appspec.yml", content: "x" }, { name: "repo-abc/f" }]),
    );

    assert.deepEqual(readdirSync(into).toSorted(), ["appspec.yml", "f"]);
  });

test("a folder without an AppSpec file is kept", async (t) => {
  const into = await unpack(t, "tar", tar([{ name: "app/f" }]));

  assert.deepEqual(readdirSync(into), ["app"]);
});

test("a link that leaves only the folder which stands for the whole is refused", async (t) => {
  const entries = [{ name: "repo/appspec.yml" }, { name: "repo/up", type: "2", link: "../bundle.tar" }];

  assert.match(
    await refusal(t, "tar", tar(entries)),
    /link "repo\/up" leaves the bundle: it points to "\.\.\/bundle\.tar"/,
  );
});

test("of two entries with one name the later one counts", async (t) => {
  const into = await unpack(
    t,
    "tar",
    tar([
      { name: "f", content: "old" },
      { name: "f", content: "new" },
    ]),
  );

  assert.equal(readFileSync(join(into, "f"), "utf8"), "new");
});

test("hard links of a tar are kept", async (t) => {
  const into = await unpack(
    t,
    "tar",
    tar([
      { name: "f", content: "one" },
      { name: "g", type: "1", link: "f" },
    ]),
  );

  assert.equal(statSync(join(into, "g")).ino, statSync(join(into, "f")).ino);
});

test("a gzipped archive that calls itself tar is unpacked, and a plain one that calls itself tgz", async (t) => {
  const entries = [{ name: "f", content: "x" }];

  assert(existsSync(join(await unpack(t, "tar", tgz(entries)), "f")));
  assert(existsSync(join(await unpack(t, "tgz", tar(entries)), "f")));
});

test("unpacking again replaces what was there", async (t) => {
  const { file, into } = place(t, tar([{ name: "f" }]));
  mkdirSync(join(into, "old"), { recursive: true });

  await unpackBundle({ file, into, type: "tar" });

  assert.deepEqual(readdirSync(into), ["f"]);
});

test("archives of GNU tar with long names and of Info-ZIP are read", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-unpack-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const long = `${"d".repeat(120)}/${"f".repeat(130)}`;
  mkdirSync(join(folder, "in", "d".repeat(120)), { recursive: true });
  writeFileSync(join(folder, "in", long), "long");
  const commands: readonly (readonly [Type, string, readonly string[]])[] = [
    ["tar", "tar", ["--format=gnu", "-cf", "../bundle", "."]],
    ["tgz", "tar", ["--format=pax", "-czf", "../bundle", "."]],
    ["zip", "zip", ["-qr", "../bundle.zip", "."]],
  ];
  for (const [type, command, words] of commands) {
    try {
      execFileSync(command, words, { cwd: join(folder, "in") });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue; // this host has no such program
      throw error;
    }
    const into = join(folder, "out");
    await unpackBundle({ file: join(folder, type === "zip" ? "bundle.zip" : "bundle"), type, into });
    assert.equal(readFileSync(join(into, long), "utf8"), "long");
    assert.equal(lstatSync(join(into, "d".repeat(120))).isDirectory(), true);
  }
});
