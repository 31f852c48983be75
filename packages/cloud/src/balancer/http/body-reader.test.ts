import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BodyReader } from "./body-reader.ts";
import { BadMessage } from "./message-head.ts";

/** Reads bytes that come in pieces: the body, and what was left behind it. */
function readAll(length: ConstructorParameters<typeof BodyReader>[0], pieces: readonly Buffer[]) {
  const reader = new BodyReader(length);
  const taken: Buffer[] = [];
  const left: Buffer[] = [];
  for (const bytes of pieces) {
    const at = reader.read(bytes, 0, { takePiece: (piece) => taken.push(Buffer.from(piece)) });
    left.push(bytes.subarray(at));
  }
  return { body: Buffer.concat(taken).toString(), left: Buffer.concat(left).toString(), isWhole: reader.isComplete };
}

/** Cuts bytes in pieces of these lengths, over and over. */
function cut(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (lengths[turn % lengths.length] ?? 1);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

test("a body is the same however the network cuts it, and nothing behind it is taken", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: "grapheme-ascii" })), lengths, (parts, cuts) => {
      const chunks = parts.map((part) => `${part.length.toString(16)};a=b\r\n${part}\r\n`);
      const sent = Buffer.from(`${chunks.join("")}0\r\nX-Sum: 1\r\n\r\nGET /next`);

      const found = readAll("chunked", cut(sent, cuts));

      assert.deepEqual(found, { body: parts.join(""), left: "GET /next", isWhole: true });
    }),
  );
});

test("a body of a known length ends there", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), lengths, (text, cuts) => {
      const found = readAll(text.length, cut(Buffer.from(`${text}GET /next`), cuts));

      assert.deepEqual(found, { body: text, left: "GET /next", isWhole: true });
    }),
  );
});

test("chunks that two programs could read differently are refused", () => {
  for (const sent of [
    "0x5\r\nhello\r\n0\r\n\r\n",
    "+5\r\nhello\r\n0\r\n\r\n",
    " 5\r\nhello\r\n0\r\n\r\n",
    "5\nhello\r\n0\r\n\r\n",
    "5\r\nhello!\r\n0\r\n\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "\r\n5\r\nhello\r\n0\r\n\r\n",
    "-1\r\n\r\n",
    "100000000\r\n",
    "5;\r\rx\r\nhello\r\n0\r\n\r\n",
    "0\r\nno colon\r\n\r\n",
    "0\r\n folded: line\r\n\r\n",
    `1;${"x".repeat(300)}`,
    `0\r\n${"a: b\r\n".repeat(3_000)}`,
  ])
    assert.throws(() => readAll("chunked", [Buffer.from(sent)]), BadMessage, JSON.stringify(sent.slice(0, 40)));
});
