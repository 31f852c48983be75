import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Entry, tar, tgz, zip } from "../../test/archives.ts";
import { place, refusal, unpacked } from "../../test/unpacked.ts";
import { unpackBundle } from "./unpack.ts";

const builders = { tar, tgz, zip } as const;
const types = ["tar", "tgz", "zip"] as const;

/** Bundles with a link that leads out, and what is said of it. */
const outside: readonly { readonly what: string; readonly entries: readonly Entry[]; readonly says: RegExp }[] = [
  {
    what: "to an absolute path",
    entries: [{ name: "out", type: "2", link: "/mnt/shared" }],
    says: /link "out" leaves the bundle: it points to "\/mnt\/shared"/,
  },
  {
    what: "that climbs out",
    entries: [{ name: "a/out", type: "2", link: "../../x" }],
    says: /link "a\/out" leaves the bundle: it points to "\.\.\/\.\.\/x"/,
  },
  {
    what: "that climbs out behind another link",
    entries: [
      { name: "x/y/top", type: "2", link: "../.." },
      { name: "out", type: "2", link: "x/y/top/.." },
    ],
    says: /link "out" leaves the bundle, or may do so: it points to "x\/y\/top\/\.\."/,
  },
  {
    what: "that leaves only the folder which stands for the whole",
    entries: [{ name: "repo/appspec.yml" }, { name: "repo/up", type: "2", link: "../bundle.tar" }],
    says: /link "repo\/up" leaves the bundle: it points to "\.\.\/bundle\.tar"/,
  },
];

for (const type of types)
  for (const { what, entries, says } of outside)
    test(`a link ${what} in a ${type} is kept with a warning, or refused where that is set`, async (t) => {
      const { into, warnings } = await unpacked(t, type, builders[type](entries));

      const { name, link } = entries.at(-1) ?? { name: "" };
      assert.equal(readlinkSync(join(into, name.replace("repo/", ""))), link);
      assert.match(warnings.join("\n"), says);
      assert.equal(warnings.length, 1);
      assert.match(await refusal(t, type, builders[type](entries), { rejectOutsideSymlinks: true }), says);
    });

for (const type of types)
  test(`nothing of a ${type} is written through a link that leads out, in whatever order it comes`, async (t) => {
    const link = { name: "out", type: "2", link: "../../shared" };
    const victim = { name: "out/victim", content: "evil" };
    const { folder, file, into } = place(t, builders[type]([link, victim]));
    mkdirSync(join(folder, "shared"));
    writeFileSync(join(folder, "shared/victim"), "good");

    await assert.rejects(unpackBundle({ file, into, type }), /entry "out\/victim" goes through the link "out"/);
    writeFileSync(file, builders[type]([victim, link]));
    await assert.rejects(unpackBundle({ file, into, type }), /entry "out" cannot be written/);

    assert.equal(readFileSync(join(folder, "shared/victim"), "utf8"), "good");
    assert.deepEqual(readdirSync(join(folder, "shared")), ["victim"]);
  });

test("only so many links that lead out are told of, and the rest are counted", async (t) => {
  const many = Array.from({ length: 25 }, (_, index) => ({ name: `l${index}`, type: "2", link: "/x" }));

  const { warnings } = await unpacked(t, "tar", tar(many));

  assert.equal(warnings.length, 21);
  assert.equal(warnings.at(-1), "5 more links leave the bundle");
});

test("a hard link to a symbolic link is that link by another name", async (t) => {
  const { into } = await unpacked(
    t,
    "tar",
    tar([
      { name: "f", content: "one" },
      { name: "d/l", type: "2", link: "../f" },
      { name: "d/h", type: "1", link: "d/l" },
      { name: "d/i", type: "1", link: "d/h" },
    ]),
  );

  for (const name of ["d/h", "d/i"]) assert.equal(readlinkSync(join(into, name)), "../f");
  assert.equal(lstatSync(join(into, "d/i")).ino, lstatSync(join(into, "d/l")).ino);
});

test("nothing goes through a hard link to a symbolic link, nor does a hard link through a later one", async (t) => {
  const through = [
    { name: "l", type: "2", link: "/etc" },
    { name: "h", type: "1", link: "l" },
    { name: "h/passwd", content: "evil" },
  ];
  const later = [
    { name: "h", type: "1", link: "l/hosts" },
    { name: "l", type: "2", link: "/etc" },
  ];

  assert.match(await refusal(t, "tar", tar(through)), /entry "h\/passwd" goes through the link "h"/);
  assert.match(await refusal(t, "tar", tar(later)), /entry "h" cannot be written/);
});

test("a hard link has what its file had when it came", async (t) => {
  const { into } = await unpacked(
    t,
    "tar",
    tar([
      { name: "f", content: "old" },
      { name: "g", type: "1", link: "f" },
      { name: "f", content: "new" },
      { name: "f", type: "1", link: "f" },
    ]),
  );

  assert.deepEqual([readFileSync(join(into, "f"), "utf8"), readFileSync(join(into, "g"), "utf8")], ["new", "old"]);
  assert.equal(statSync(join(into, "f")).nlink, 1);
});
