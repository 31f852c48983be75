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
import { type Entry, tar, tarHeader, tgz, zip } from "../../test/archives.ts";
import { place, refusal, unpacked } from "../../test/unpacked.ts";
import { defaultBundleRules } from "./bundle-rules.ts";
import { type Unpacking, unpackBundle } from "./unpack.ts";

type Type = Unpacking["type"];

const unpack = async (t: TestContext, type: Type, bytes: Buffer) => (await unpacked(t, type, bytes)).into;

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
    { name: "l", type: "2", link: "/etc" },
    { name: "h", type: "1", link: "l/hosts" },
  ];

  assert.match(await refusal(t, "tar", tar(outside)), /entry "\.\.\/\.\.\/etc\/hosts" leaves the bundle/);
  assert.match(await refusal(t, "tar", tar(throughLink)), /entry "l\/hosts" goes through the link "l"/);
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
  assert.match(
    await refusal(t, "tar", Buffer.from("<html>not found</html>".repeat(50))),
    /This is HTML, and a tar archive, plain or gzipped, was expected/,
  );
  assert.match(await refusal(t, "zip", Buffer.from("<html>not found</html>")), /This is HTML, and a zip archive was/);
});

test("what an archive holds beside its entries counts, too", async (t) => {
  const zeros = Buffer.concat([tar([{ name: "f" }]), Buffer.alloc(80 * 2 ** 20)]);
  const linked = tgz([{ name: "f" }, { name: "l", type: "1", link: "f", content: Buffer.alloc(80 * 2 ** 20) }]);

  assert.match(await refusal(t, "tgz", gzipSync(zeros)), /more than 250 times its size, at its entry "f"/);
  assert.match(await refusal(t, "tgz", linked), /more than 250 times its size, at its entry "l"/);
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

test("the limits of a bundle can be set", async (t) => {
  const unpackWith = async (bytes: Buffer, rules: Partial<typeof defaultBundleRules>) => {
    const { file, into } = place(t, bytes);
    await unpackBundle({ file, into, type: "tar", rules: { ...defaultBundleRules, ...rules } });
  };
  const big = tar([{ name: "big", content: Buffer.alloc(2000) }]);
  const deep = tar([{ name: "a/b/c/f" }]);
  const zeros = tgz([{ name: "zeros", content: Buffer.alloc(80 * 2 ** 20) }]);

  await assert.rejects(unpackWith(big, { bytesMax: 1000 }), /more than 1000 bytes, at its entry "big"/);
  await assert.rejects(unpackWith(deep, { entriesMax: 3 }), /more than 3 entries; "a\/b\/c\/f" is the first/);
  await unpackWith(deep, { entriesMax: 4 }); // three folders and a file
  await unpackWith(zeros, { ratioMax: 2000 });
});

test("what an operator has allowed is unpacked as the official agent does", async (t) => {
  const lenient = { ...defaultBundleRules, rejectUnsafePermissions: false };
  const { file, into } = place(t, tar([{ name: "su", mode: 0o4755 }]));

  const said = await unpackBundle({ file, into, type: "tar", rules: lenient });

  assert.equal(said.get("su")?.mode, 0o4755);
  assert.equal(statSync(join(into, "su")).mode & 0o7777, 0o755); // until it is installed
});

test("an operator may refuse every link", async (t) => {
  const { file, into } = place(t, tar([{ name: "l", type: "2", link: "x" }]));

  await assert.rejects(
    unpackBundle({ file, into, type: "tar", rules: { ...defaultBundleRules, rejectSymlinks: true } }),
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

test("a file of another kind than it is said to be is named", async (t) => {
  const kinds = [
    [Buffer.from("BZh91AY&SY"), "bzip2"],
    [Buffer.from("\xfd7zXZ\0", "latin1"), "xz"],
    [Buffer.from("\x28\xb5\x2f\xfd", "latin1"), "zstd"],
    [Buffer.from("Rar!\x1a\x07", "latin1"), "rar"],
  ] as const;
  for (const [bytes, name] of kinds)
    for (const type of types)
      assert.match(await refusal(t, type, bytes), new RegExp(`This is ${name}, and a .* was expected: pack it as tar`));

  assert.match(await refusal(t, "tgz", zip([{ name: "f" }])), /This is zip, .*deploy it with the bundle type zip/);
  assert.match(await refusal(t, "zip", tar([{ name: "f" }])), /This is tar, .*deploy it with the bundle type tar/);
  assert.match(await refusal(t, "zip", tgz([{ name: "f" }])), /This is gzip, .*deploy it with the bundle type tgz/);
  assert(existsSync(join(await unpack(t, "tar", tar([{ name: "BZh.txt" }])), "BZh.txt")));
});

test("names that are no UTF-8 keep their bytes, and can be replaced and removed", async (t) => {
  const header = tarHeader({ name: "repo", size: 0, mode: 0o644, type: "0", link: "" });
  const raw = Buffer.from("\xe6gir/appspec.yml", "latin1");
  const sum = Number.parseInt(header.toString("latin1", 148, 154), 8);
  const added =
    raw.reduce((total, byte) => total + byte, 0) - Buffer.from("repo").reduce((total, byte) => total + byte, 0);
  raw.copy(header, 0);
  header.write((sum + added).toString(8).padStart(6, "0"), 148);
  const { file, into } = place(t, Buffer.concat([header, Buffer.alloc(1024)]));

  for (const _ of ["once", "again"]) await unpackBundle({ file, into, type: "tar" });
  assert.deepEqual(readdirSync(into), ["appspec.yml"]);
  writeFileSync(file, Buffer.concat([header, tar([{ name: "other" }])]));
  for (const _ of ["once", "again"]) await unpackBundle({ file, into, type: "tar" });

  assert.deepEqual(readdirSync(into, "latin1").toSorted(), ["other", "\xe6gir"]);
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
