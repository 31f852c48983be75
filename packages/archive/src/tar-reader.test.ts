import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Entry, padded, paxRecord, tar, tarHeader } from "../test/tar-archives.ts";
import { TarReader } from "./tar-reader.ts";

interface Found {
  readonly name: string;
  readonly type: string;
  readonly link: string;
  readonly text: string;
  readonly uid: number;
  readonly modified: number;
}

/** Reads an archive that comes in pieces of these lengths, over and over. */
async function read(bytes: Buffer, lengths: readonly number[] = [bytes.length]) {
  let passed = 0;
  const warnings: string[] = [];
  const reader = new TarReader(pieces(bytes, lengths), {
    passing: (count) => void (passed += count),
    warn: (line) => void warnings.push(line),
  });
  const found: Found[] = [];
  const heads: (readonly [name: string, link: string])[] = [];
  for (let head = await reader.next(); head !== undefined; head = await reader.next()) {
    const { name, type, link, uid, modified } = head;
    heads.push([name, link]);
    const parts: Uint8Array[] = [];
    if (type === "0" || type === "S")
      for await (const part of reader.content()) parts.push(typeof part === "number" ? Buffer.alloc(part, ".") : part);
    const text = Buffer.concat(parts).toString();
    found.push({ name: textOf(name), type, link: textOf(link), text, uid, modified: modified.getTime() });
  }
  return { found, heads, passed, warnings };
}

/** Names are bytes, one a character; those of most tests are UTF-8. */
const textOf = (name: string): string => Buffer.from(name, "latin1").toString("utf8");

async function* pieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (lengths[turn % lengths.length] ?? 1);
    yield bytes.subarray(at, end);
    at = end;
  }
}

const lengths = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 5 });
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 150 }).filter((text) => !/\0|\/$/.test(text));
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ name, content: fc.string({ maxLength: 2000 }) }),
  fc.record({ name, type: fc.constantFrom("1", "2"), link: name }),
  fc.record({ name, type: fc.constant("5") }),
);

test("an archive is the same however its bytes come", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), lengths, async (entries, cuts) => {
      const { found } = await read(tar(entries), cuts);

      assert.deepEqual(
        found.map(({ name, type, link, text }) => ({ name, type, link, text })),
        entries.map(({ name, type = "0", link = "", content = "" }) => ({ name, type, link, text: content })),
      );
    }),
  );
});

test("damage is an error or another entry, and never more bytes than there are", async () => {
  const whole = Buffer.concat([
    header({ type: "L", content: "long\0" }),
    header({ type: "K", content: "target\0" }),
    tar([
      { name: "dir/", type: "5" },
      { name: "n".repeat(120), content: "x".repeat(700) },
    ]),
    header({ type: "g", content: paxRecord("comment", "c") }),
    tar([{ name: "link", type: "2", link: "l".repeat(120) }]),
  ]);
  const damage = fc.record({ at: fc.nat(whole.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(damage, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: whole.length }),
      fc.boolean(),
      async (damages, length, isMended) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const { at, byte } of damages) if (at < length) bytes[at] = byte;
        if (isMended) mendSums(bytes);

        const result = await read(bytes).catch((error: unknown) => error);

        if (result instanceof Error) assert.match(result.message, /^(A header|A pax header|It ends)/);
        else {
          const { found } = result as Awaited<ReturnType<typeof read>>; // what was not thrown
          assert(found.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) <= 3 * length); // a byte may become a replacement character
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("headers overrule what the entry after them says, and global ones what all entries say", async () => {
  const { found } = await read(
    Buffer.concat([
      header({ type: "g", content: paxRecord("mtime", "1.5") + paxRecord("uid", "7") }),
      header({ type: "x", content: paxRecord("path", "päth") + paxRecord("size", "3") + paxRecord("uid", "8") }),
      header({ type: "0", content: "abc", size: 0 }),
      header({ type: "K", content: "target\0" }),
      header({ type: "L", content: "long\0" }),
      header({ type: "2", link: "short" }),
    ]),
  );

  assert.deepEqual(found, [
    { name: "päth", type: "0", link: "", text: "abc", uid: 8, modified: 1500 },
    { name: "long", type: "2", link: "target", text: "", uid: 7, modified: 1500 },
  ]);
});

test("a record without a value overrules nothing", async () => {
  const { found } = await read(
    Buffer.concat([header({ type: "x", content: paxRecord("path", "") }), header({ name: "kept" })]),
  );

  assert.equal(found[0]?.name, "kept");
});

test("the oldest form knows folders by their slash, GNU's has no prefix, POSIX's has one", async () => {
  const { found } = await read(
    Buffer.concat([
      header({ name: "dir/", raw: { 257: "\0\0\0\0\0\0" } }),
      header({ name: "gnu", raw: { 257: "ustar  \0", 345: "12345670123" } }),
      header({ name: "posix", raw: { 345: "pre/fix" } }),
      header({ name: "piece", type: "7", content: "x" }),
      header({ name: "nul", type: "\0", content: "y" }),
    ]),
  );

  assert.deepEqual(
    found.map(({ name, type, text }) => [name, type, text]),
    [
      ["dir/", "5", ""],
      ["gnu", "0", ""],
      ["pre/fix/posix", "0", ""],
      ["piece", "0", "x"],
      ["nul", "0", "y"],
    ],
  );
});

test("numbers too large for octal digits are read in base 256", async () => {
  const { found } = await read(
    Buffer.concat([
      header({ raw: { 108: "\x80\0\0\0\xff\xff\xff\xfe", 136: `\xff${"\xff".repeat(10)}\xfe` } }),
      header({ content: "abc", raw: { 124: `\x80${"\0".repeat(10)}\x03` } }),
    ]),
  );

  assert.equal(found[0]?.uid, 2 ** 32 - 2);
  assert.equal(found[0]?.modified, -2000);
  assert.equal(found[1]?.text, "abc");
});

test("a folder has no content, whatever its size; that of a link is passed over and told of", async () => {
  const { found, passed } = await read(
    Buffer.concat([
      header({ name: "dir", type: "5", size: 4096 }),
      header({ name: "link", type: "1", link: "f", content: "x".repeat(600) }),
      header({ name: "f", content: "y" }),
    ]),
  );

  assert.deepEqual(
    found.map(({ name, text }) => [name, text]),
    [
      ["dir", ""],
      ["link", ""],
      ["f", "y"],
    ],
  );
  assert.equal(passed, 600);
});

test("an archive ends at its two blocks of zeros, whatever is behind them", async () => {
  const second = tar([{ name: "second" }]);

  const { found, passed, warnings } = await read(Buffer.concat([tar([{ name: "first" }]), second]));
  const { found: alsoFound } = await read(Buffer.concat([tar([{ name: "first" }]), Buffer.alloc(700, "x")]));
  const lone = await read(Buffer.concat([header({ name: "first" }), Buffer.alloc(512), second]));

  for (const one of [found, alsoFound, lone.found])
    assert.deepEqual(
      one.map(({ name }) => name),
      ["first"],
    );
  assert.equal(passed, 512 + second.length);
  assert.deepEqual(warnings, []);
  assert.match(lone.warnings.join(), /a lone block of zeros, at which it ends/);
});

test("names are bytes, wherever they stand", async () => {
  const raw = "\xe6gir";
  const record = (key: string) => Buffer.from(paxRecord(key, "n").replace("=n", "=\xe6"), "latin1");

  const { heads } = await read(
    Buffer.concat([
      header({ raw: { 0: raw } }),
      header({ type: "2", raw: { 157: raw } }),
      header({ type: "L", content: Buffer.from(`long ${raw}\0`, "latin1") }),
      header({}),
      header({ type: "x", content: Buffer.concat([record("path"), record("linkpath")]) }),
      header({ type: "2" }),
    ]),
  );

  assert.deepEqual(heads, [
    [raw, ""],
    ["f", raw],
    [`long ${raw}`, ""],
    ["\xe6", "\xe6"],
  ]);
});

test("a checksum may be that of the oldest programs, which took bytes for signed numbers", async () => {
  const block = header({ raw: { 0: "\xe6gir" } });
  const sum = block.reduce(
    (total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte > 127 ? byte - 256 : byte),
    0,
  );
  block.write(sum.toString(8).padStart(6, "0"), 148);

  assert.equal((await read(block)).heads[0]?.[0], "\xe6gir");
});

test("an archive's own name is no entry, and a backed-up folder has a list as its content", async () => {
  const { found } = await read(
    Buffer.concat([
      header({ name: "label", type: "V" }),
      header({ name: "dir/", type: "D", content: "Yfile\0" }),
      header({ name: "f", content: "x" }),
    ]),
  );

  assert.deepEqual(
    found.map(({ name, type }) => [name, type]),
    [
      ["dir/", "5"],
      ["f", "0"],
    ],
  );
});

test("headers for all entries to come cost what reading them costs", async () => {
  const records = Array.from({ length: 20_000 }, (_, index) => paxRecord(`k${index}`, "v")).join("");
  const global = header({ type: "g", content: records });
  const entries = tar(Array.from({ length: 2000 }, (_, index) => ({ name: `f${index}` })));
  const start = performance.now();

  const { found } = await read(Buffer.concat([global, global, entries]));

  assert.equal(found.length, 2000);
  assert(performance.now() - start < 10_000); // records that nobody reads, kept for every entry, would take minutes
});

const damaged: readonly { readonly what: string; readonly bytes: Buffer; readonly says: RegExp }[] = [
  { what: "a wrong checksum", bytes: Buffer.from(header({})).fill("x", 0, 1), says: /checksum is not that/ },
  { what: "a negative size", bytes: header({ raw: { 124: "\xff".repeat(12) } }), says: /size is -1, which/ },
  { what: "a size beyond all", bytes: header({ raw: { 124: `\x80${"\xff".repeat(11)}` } }), says: /size is \d/ },
  { what: "a size of letters", bytes: header({ raw: { 124: "many bytes.." } }), says: /size is not a number/ },
  { what: "a negative owner", bytes: header({ raw: { 108: "\xff".repeat(8) } }), says: /uid is -1, which/ },
  { what: "a time beyond all", bytes: header({ raw: { 136: `\x80${"\xff".repeat(11)}` } }), says: /time is \d/ },
  { what: "a negative size in a record", bytes: overruling(paxRecord("size", "-1")), says: /size is -1, which/ },
  { what: "a size of letters in a record", bytes: overruling(paxRecord("size", "x")), says: /size is NaN, which/ },
  { what: "a time of letters in a record", bytes: overruling(paxRecord("mtime", "x")), says: /time is NaN, which/ },
  { what: "a record longer than its header", bytes: overruling("99 path=x\n"), says: /not made of records/ },
  { what: "a record of no length", bytes: overruling("0 path=x\n"), says: /not made of records/ },
  { what: "a record without a key", bytes: overruling("7 path\n"), says: /not made of records/ },
  { what: "a header of 2 MiB", bytes: header({ type: "x", size: 2 ** 21 }), says: /has 2097152 bytes, and 1048576/ },
  { what: "an end in a header", bytes: header({ type: "x", content: "x" }).subarray(0, 512), says: /ends in a header/ },
  { what: "an end in a block", bytes: header({}).subarray(0, 500), says: /ends 12 bytes early/ },
  { what: "an end in a content", bytes: header({ content: "abc" }).subarray(0, 513), says: /ends 2 bytes early/ },
  { what: "an end behind a content", bytes: header({ content: "abc" }).subarray(0, 515), says: /ends in an entry/ },
];

for (const { what, bytes, says } of damaged)
  test(`${what} is an error`, async () => {
    await assert.rejects(read(bytes), says);
  });

interface Part {
  readonly name?: string;
  readonly type?: string;
  readonly link?: string;
  readonly content?: string | Buffer;
  /** The size that it claims. */
  readonly size?: number;
  /** What stands elsewhere in the block, by offset. */
  readonly raw?: Readonly<Record<number, string>>;
}

/** A head with its content, and nothing else. */
function header({ name = "f", type = "0", link = "", content = "", size, raw = {} }: Part): Buffer {
  const bytes = Buffer.from(content);
  const block = tarHeader({ name, size: size ?? bytes.length, mode: 0o644, type, link });
  for (const [at, text] of Object.entries(raw)) block.write(text, Number(at), "latin1");
  mendSums(block);
  return Buffer.concat([block, padded(bytes)]);
}

function overruling(records: string): Buffer {
  return Buffer.concat([header({ type: "x", content: records }), header({})]);
}

/** Gives every block that has the mark of a head the checksum that it should have. */
function mendSums(bytes: Buffer): void {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const block = bytes.subarray(at, at + 512);
    if (at > 0 && block.toString("latin1", 257, 262) !== "ustar") continue;
    block.write("        ", 148);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  }
}
