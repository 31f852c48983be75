import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { padded, paxRecord, tar, tarHeader } from "../../test/archives.ts";
import { refusal, unpacked } from "../../test/unpacked.ts";

/** "abc" at 1000, "de" at 5000, and zeros up to 9000. */
const whole = Buffer.alloc(9000);
whole.write("abc", 1000);
whole.write("de", 5000);

const end = Buffer.alloc(1024);

/** A head with a right checksum after something was written into it. */
function head(type: string, size: number, raw: Readonly<Record<number, string>> = {}): Buffer {
  const block = tarHeader({ name: "GNUSparseFile.0/f", size, mode: 0o644, type, link: "" });
  for (const [at, text] of Object.entries(raw)) block.write(text, Number(at), "latin1");
  block.write("        ", 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

const octal = (...numbers: readonly number[]): string =>
  numbers.map((number) => `${number.toString(8).padStart(11, "0")}\0`).join("");

/** An entry whose pax records say where its parts belong. */
function withRecords(records: string, content: Buffer): Buffer {
  return Buffer.concat([
    head("x", Buffer.byteLength(records)),
    padded(Buffer.from(records)),
    head("0", content.length),
    padded(content),
    tar([{ name: "next", content: "behind it" }]),
  ]);
}

const name = paxRecord("GNU.sparse.name", "f");
const parts = [1000, 3, 5000, 2, 9000, 0];

const forms: readonly { readonly what: string; readonly bytes: Buffer }[] = [
  {
    what: "GNU's old form",
    bytes: Buffer.concat([
      head("S", 5, { 0: `f${"\0".repeat(30)}`, 386: octal(...parts), 483: octal(9000) }),
      padded(Buffer.from("abcde")),
      tar([{ name: "next", content: "behind it" }]),
    ]),
  },
  {
    what: "GNU's old form with more parts than a head takes",
    bytes: Buffer.concat([
      head("S", 5, {
        0: `f${"\0".repeat(30)}`,
        386: octal(1000, 1, 1001, 1, 1002, 1, 5000, 1),
        482: "\x01",
        483: octal(9000),
      }),
      Buffer.concat([Buffer.from(octal(5001, 1, 9000, 0)), Buffer.alloc(512)]).subarray(0, 512),
      padded(Buffer.from("abcde")),
      tar([{ name: "next", content: "behind it" }]),
    ]),
  },
  {
    what: "pax form 0.0",
    bytes: withRecords(
      name +
        paxRecord("GNU.sparse.size", "9000") +
        paxRecord("GNU.sparse.numblocks", "3") +
        parts
          .map((part, index) => paxRecord(`GNU.sparse.${index % 2 === 0 ? "offset" : "numbytes"}`, `${part}`))
          .join(""),
      Buffer.from("abcde"),
    ),
  },
  {
    what: "pax form 0.1",
    bytes: withRecords(
      name + paxRecord("GNU.sparse.size", "9000") + paxRecord("GNU.sparse.map", parts.join(",")),
      Buffer.from("abcde"),
    ),
  },
  {
    what: "pax form 1.0",
    bytes: withRecords(
      paxRecord("GNU.sparse.major", "1") +
        paxRecord("GNU.sparse.minor", "0") +
        name +
        paxRecord("GNU.sparse.realsize", "9000"),
      Buffer.concat([padded(Buffer.from(`3\n${parts.join("\n")}\n`)), Buffer.from("abcde")]),
    ),
  },
];

for (const { what, bytes } of forms)
  test(`a sparse file in ${what} is whole, with its holes`, async (t) => {
    const { into } = await unpacked(t, "tar", bytes);

    assert(readFileSync(join(into, "f")).equals(whole));
    assert.equal(readFileSync(join(into, "next"), "utf8"), "behind it");
  });

test("holes take no room where the system has them, and count as bytes all the same", async (t) => {
  const size = 100 * 2 ** 20;
  const bytes = Buffer.concat([
    head("S", 1, { 386: octal(0, 1, size, 0), 483: octal(size) }),
    padded(Buffer.from("x")),
    end,
  ]);

  const { into } = await unpacked(t, "tar", bytes, { ratioMax: 1_000_000 });

  const { size: found, blocks } = statSync(join(into, "GNUSparseFile.0/f"));
  assert.equal(found, size);
  assert(blocks * 512 < size);
  assert.match(await refusal(t, "tar", bytes), /more than 250 times its size/);
});

const damaged: readonly { readonly what: string; readonly map: string; readonly says: RegExp }[] = [
  { what: "that overlap", map: "0,4,2,1", says: /map of a sparse file does not fit/ },
  { what: "that go back", map: "100,3,50,2", says: /map of a sparse file does not fit/ },
  { what: "beyond the file's end", map: "8998,5", says: /map of a sparse file does not fit/ },
  { what: "of more bytes than it has", map: "0,6", says: /map of a sparse file does not fit/ },
  { what: "without a length", map: "0,3,9", says: /map of a sparse file does not fit/ },
  { what: "at no number", map: "x,5", says: /map of a sparse file does not fit/ },
];

for (const { what, map, says } of damaged)
  test(`a sparse file with parts ${what} is damaged`, async (t) => {
    const records = paxRecord("GNU.sparse.size", "9000") + paxRecord("GNU.sparse.map", map);

    assert.match(await refusal(t, "tar", withRecords(records, Buffer.from("abcde"))), says);
  });

test("a map in the content that does not end, or is of another version, is refused", async (t) => {
  const realSize = paxRecord("GNU.sparse.realsize", "9000");
  const endless = withRecords(
    paxRecord("GNU.sparse.major", "1") + realSize,
    Buffer.from("999999\n".padEnd(1024, "1\n")),
  );
  const lines = withRecords(paxRecord("GNU.sparse.major", "1") + realSize, Buffer.alloc(1024, "1"));
  const future = withRecords(paxRecord("GNU.sparse.major", "2") + realSize, Buffer.from("x"));

  assert.match(await refusal(t, "tar", endless), /map of a sparse file is longer than/);
  assert.match(await refusal(t, "tar", lines), /map of a sparse file does not fit/);
  assert.match(await refusal(t, "tar", future), /version of sparse files is "2", which is not known/);
});
