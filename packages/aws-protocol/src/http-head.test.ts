import assert from "node:assert/strict";
import { test } from "node:test";
import { framingOf, parseFields } from "./http-head.ts";

const fields = (...lines: readonly string[]) => parseFields(lines.map((line) => `${line}\r\n`).join(""), 0);
const framing = (...lines: readonly string[]) => {
  const found = fields(...lines);
  assert(typeof found !== "string");
  return framingOf(found);
};

test("a field has its name as it came and in lower case, and its value without the blanks around it", () => {
  assert.deepEqual(fields("Host: a", "X-B:\t b c \t", "x-empty:"), [
    { name: "Host", key: "host", value: "a" },
    { name: "X-B", key: "x-b", value: "b c" },
    { name: "x-empty", key: "x-empty", value: "" },
  ]);
  assert.deepEqual(fields(), []);
});

test("a line that two programs could read in two ways is a fault", () => {
  assert.equal(fields("a"), "no colon");
  assert.equal(parseFields("a: b", 0), "no colon");
  assert.equal(parseFields("a: b\n", 0), "no colon");
  assert.equal(fields("a : b"), "invalid character");
  assert.equal(fields(": b"), "invalid character");
  assert.equal(fields(" a: b"), "invalid character");
  assert.equal(fields("a: b\0"), "invalid character");
  assert.equal(fields("a: b\nc: d"), "invalid character");
  assert.equal(fields("a: b\rc"), "invalid character");
  assert.equal(parseFields(`a: ${"b".repeat(10)}\r\n`, 0, 12), "line too long");
  assert.deepEqual(parseFields(`a: ${"b".repeat(10)}\r\n`, 0, 13), [{ name: "a", key: "a", value: "b".repeat(10) }]);
});

test("the length of a body is stated once, as a number or by the chunked coding", () => {
  assert.deepEqual(framing("content-length: 12"), { length: 12, connection: undefined });
  assert.deepEqual(framing("transfer-encoding: Chunked", "connection: a", "connection: b"), {
    length: "chunked",
    connection: "a,b",
  });
  assert.deepEqual(framing("a: b"), { length: undefined, connection: undefined });

  assert.equal(framing("content-length: 1", "Content-Length: 1"), "two lengths");
  assert.equal(framing("transfer-encoding: chunked", "transfer-encoding: chunked"), "two transfer codings");
  assert.equal(framing("transfer-encoding: chunked", "content-length: 1"), "a length beside a transfer coding");
  assert.equal(framing("transfer-encoding: gzip, chunked"), "an unsupported transfer coding");
  for (const length of ["-1", "+1", "1,1", "0x1", "", "1234567890123456"])
    assert.equal(framing(`content-length: ${length}`), "an invalid length", length);
});
