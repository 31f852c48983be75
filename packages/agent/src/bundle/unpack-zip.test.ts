import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { zip } from "../../test/archives.ts";
import { refusal, unpacked } from "../../test/unpacked.ts";

/** A text's bytes in the old alphabet of the West: no UTF-8. */
const latin = (text: string): Buffer => Buffer.from(text, "latin1");

/** The names in a folder, one character a byte. */
const namesIn = (folder: string): readonly string[] => readdirSync(folder, "latin1").toSorted();

/** A zip's additional field. */
function field(id: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(content.length, 2);
  return Buffer.concat([head, content]);
}

test("names from Unix are the bytes that they are, marked as UTF-8 or not", async (t) => {
  const { into } = await unpacked(
    t,
    "zip",
    zip([
      { name: "smørrebrød", flags: 0 },
      { name: "crème brûlée", flags: 0, host: 19 },
      { name: "", rawName: latin("smørrebrød"), flags: 0 },
      { name: "", rawName: latin("crème/brûlée"), flags: 0, content: "deep" },
      { name: "", rawName: latin("ægir"), flags: 0, type: "2", link: "crème" },
    ]),
  );

  const utf8 = ["smørrebrød", "crème brûlée"].map((name) => Buffer.from(name).toString("latin1"));
  assert.deepEqual(namesIn(into), [...utf8, "smørrebrød", "crème", "ægir"].toSorted());
  assert.equal(readFileSync(Buffer.concat([Buffer.from(`${into}/`), latin("crème/brûlée")]), "utf8"), "deep");
});

test("names from MS-DOS are in its alphabet, unless they stand there in UTF-8, too", async (t) => {
  const raw = latin("\x81ber");
  const path = Buffer.concat([Buffer.alloc(5, 1), Buffer.from("über alles")]);
  path.writeUInt32LE(crc32(raw), 1);

  const { into } = await unpacked(
    t,
    "zip",
    zip([
      { name: "", rawName: raw, flags: 0, host: 0, attributes: 0x20 },
      { name: "", rawName: raw, flags: 0, host: 0, extra: field(0x7075, path) },
      { name: "", rawName: latin("\x82t\x82"), flags: 0, host: 0, extra: field(0x7075, path) }, // of another name
    ]),
  );

  assert.deepEqual(readdirSync(into).toSorted(), ["über", "über alles", "été"].toSorted());
});

test("a backslash from Unix is a character, and one from MS-DOS a separator where there is no other", async (t) => {
  const { into } = await unpacked(
    t,
    "zip",
    zip([{ name: "a\\b" }, { name: "c\\d\\e", host: 0, content: "deep" }, { name: "f/g\\h", host: 0 }]),
  );

  assert.deepEqual(readdirSync(into).toSorted(), ["a\\b", "c", "f"]);
  assert.equal(readFileSync(join(into, "c/d/e"), "utf8"), "deep");
  assert.deepEqual(readdirSync(join(into, "f")), ["g\\h"]);
  assert.match(await refusal(t, "zip", zip([{ name: "..\\evil", host: 0 }])), /entry "\.\.\/evil" leaves the bundle/);
});

test("bytes before an archive and behind it are passed over with a warning", async (t) => {
  const around = { before: Buffer.from("#!/bin/sh\nexec unzip\n"), behind: Buffer.from("signed by nobody") };

  const { into, warnings } = await unpacked(t, "zip", zip([{ name: "f", content: "x" }], around));
  const plain = await unpacked(t, "zip", zip([{ name: "f" }], { comment: "a comment is part of it" }));

  assert.equal(readFileSync(join(into, "f"), "utf8"), "x");
  assert.deepEqual(warnings, [
    "The archive has 21 bytes before its beginning, which are passed over",
    "The archive has 16 bytes behind its end, which are passed over",
  ]);
  assert.deepEqual(plain.warnings, []);
});

test("what looks like an end record and has no directory before it is none", async (t) => {
  const fake = zip([]).fill(0xff, 12, 20); // a directory somewhere far away

  const { into } = await unpacked(t, "zip", zip([{ name: "f", content: "x" }], { behind: fake }));

  assert.deepEqual(readdirSync(into), ["f"]);
});

test("a folder may lack its slash", async (t) => {
  const { into } = await unpacked(
    t,
    "zip",
    zip([
      { name: "unix", type: "5", mode: 0o750 },
      { name: "unix/f", content: "x" },
      { name: "dos", host: 0, attributes: 0x10 },
      { name: "file", host: 0, attributes: 0x10, content: "with content" },
    ]),
  );

  assert.equal(statSync(join(into, "unix")).mode & 0o777, 0o750);
  assert(statSync(join(into, "dos")).isDirectory());
  assert.equal(readFileSync(join(into, "file"), "utf8"), "with content");
});

test("an entry that cannot be read says why", async (t) => {
  const encrypted = zip([{ name: "secret", flags: 0x0801 }]);
  const methods = [
    [9, "deflate64"],
    [12, "bzip2"],
    [93, "zstd"],
    [77, "method 77"],
  ] as const;

  assert.match(await refusal(t, "zip", encrypted), /entry "secret" is encrypted: bundles must be packed without/);
  for (const [method, name] of methods)
    assert.match(
      await refusal(t, "zip", zip([{ name: "odd", method }])),
      new RegExp(`entry "odd" is packed by ${name}, which is not supported: pack it by deflate`),
    );
});

test("large entries are read in pieces, and are as exact as small ones", async (t) => {
  const content = randomBytes(400_000);
  const entries = [
    { name: "packed", content },
    { name: "stored", content, method: 0 },
  ];

  const { into } = await unpacked(t, "zip", zip(entries));

  for (const { name } of entries) assert(readFileSync(join(into, name)).equals(content));
  for (const method of [0, 8]) {
    const refused = (lie: object) => refusal(t, "zip", zip([{ name: "liar", content, method, ...lie }]));
    assert.match(await refused({ claimedSum: 1 }), /entry "liar" is damaged: its checksum is not that of its content/);
    assert.match(await refused({ claimedSize: 399_999 }), /entry "liar" is damaged: its content has another size/);
    assert.match(await refused({ claimedSize: 400_001 }), /entry "liar" is damaged: its content has another size/);
  }
});

test("sizes and places beyond 32 bits stand in a field of their own", async (t) => {
  const large = Buffer.alloc(8);
  large.writeBigUInt64LE(5n);

  const { into } = await unpacked(
    t,
    "zip",
    zip([{ name: "f", content: "12345", claimedSize: 0xffffffff, extra: field(1, large) }]),
  );

  assert.equal(readFileSync(join(into, "f"), "utf8"), "12345");
  assert.match(
    await refusal(t, "zip", zip([{ name: "f", claimedSize: 0xffffffff, extra: field(1, large.subarray(1)) }])),
    /field of large sizes is damaged/,
  );
});

test("times are Unix's where an archive has them", async (t) => {
  const time = Buffer.alloc(5, 1);
  time.writeInt32LE(1_234_567_890, 1);

  const { into } = await unpacked(t, "zip", zip([{ name: "f", extra: field(0x5455, time) }, { name: "g" }]));

  assert.equal(statSync(join(into, "f")).mtimeMs, 1_234_567_890_000);
  assert.equal(statSync(join(into, "g")).mtimeMs, new Date(2025, 0, 1).getTime());
});

test("a directory that names fewer or more entries than it has is refused", async (t) => {
  const bytes = zip([{ name: "f" }, { name: "g" }]);
  bytes.writeUInt16LE(3, bytes.length - 12);

  assert.match(await refusal(t, "zip", bytes), /has 2 entries where 3 were expected/);
});

test("the worst that an archive's end can be is read in linear time", async (t) => {
  const ends = Buffer.alloc(2 ** 20, "PK\x05\x06", "latin1");
  const names = Array.from({ length: 500 }, (_, index) => ({ name: `${"a/".repeat(150)}${index}` }));
  const start = performance.now();

  await refusal(t, "zip", ends);
  await unpacked(t, "zip", zip(names));

  assert(performance.now() - start < 30_000); // of quadratic work there would be minutes
});
