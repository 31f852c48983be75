import assert from "node:assert/strict";
import { test } from "node:test";
import { readCompleteResponse } from "./complete-response.ts";

const read = (text: string, isClosed = false) => {
  const answer = readCompleteResponse(Buffer.from(text, "latin1"), isClosed);
  return answer && { ...answer, body: answer.body.toString("latin1") };
};

/** Complete responses, and how they are parsed. */
const answers: Readonly<Record<string, { readonly text: string; readonly body: string; readonly isKept?: false }>> = {
  "with a length": { text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", body: "{}" },
  "without a reason": { text: "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", body: "" },
  "in chunks": {
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\nA\r\n0123456789\r\n0\r\n\r\n",
    body: "{}0123456789",
  },
  "in chunks, with trailers": {
    text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\na: b\r\n\r\n",
    body: "x",
  },
  "after an interim one": {
    text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
    body: "x",
  },
  "without a body": { text: "HTTP/1.1 204 No Content\r\n\r\n", body: "" },
  "that is the last": {
    text: "HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 1\r\n\r\nx",
    body: "x",
    isKept: false,
  },
  "of HTTP 1.0": { text: "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx", body: "x", isKept: false },
  "with more after it": { text: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxHTTP", body: "x", isKept: false },
};

for (const [name, { text, body, isKept = true }] of Object.entries(answers))
  test(`an answer ${name} is read when its last byte is there, and not before`, () => {
    const end = isKept || !text.endsWith("HTTP") ? text.length : text.length - 4;
    const early = Array.from({ length: end }, (_, length) => read(text.slice(0, length)));

    assert.deepEqual(
      early.filter((found) => found !== undefined),
      [],
    );
    assert.deepEqual(read(text), { status: text.includes("204") ? 204 : 200, body, isKept });
  });

test("an answer without a length ends with its connection", () => {
  const text = "HTTP/1.1 500 Oh\r\nserver: x\r\n\r\nhalf";

  assert.equal(read(text), undefined);
  assert.deepEqual(read(text, true), { status: 500, body: "half", isKept: false });
});

test("an answer that ends before it has said that it would is none", () => {
  assert.equal(read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhalf", true), undefined);
  assert.equal(read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", true), undefined);
});

test("what could be read in two ways is not read", () => {
  const answer = (rows: string, body = "") => `HTTP/1.1 200 OK\r\n${rows}\r\n\r\n${body}`;
  for (const [text, message] of [
    ["SSH-2.0-OpenSSH\r\n\r\n", /is not HTTP/],
    [answer("content-length: 1\r\ncontent-length: 2", "xx"), /two headers/],
    [answer("content-length: -1"), /length "-1"/],
    [answer("content-length: 2\r\ntransfer-encoding: chunked", "0\r\n\r\n"), /transfer encoding/],
    [answer("transfer-encoding: gzip, chunked", "0\r\n\r\n"), /transfer encoding/],
    [answer("transfer-encoding: chunked", "x\r\n\r\n"), /without a length/],
    [answer("transfer-encoding: chunked", "1\r\nxyz\r\n0\r\n\r\n"), /longer than it says/],
    [answer("content-length : 1", "x"), /no header/],
  ] as const)
    assert.throws(() => read(text), message);
});
