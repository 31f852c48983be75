import assert from "node:assert/strict";
import { test } from "node:test";
import { readCompleteRequest, completeRequestBytesMax } from "./complete-request.ts";

const authorization = "Authorization: AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b";
const plain = (body = "{}", ...more: readonly string[]) =>
  ["POST / HTTP/1.1", "Host: a", authorization, `Content-Length: ${Buffer.byteLength(body)}`, ...more, "", body].join(
    "\r\n",
  );
const read = (text: string) => readCompleteRequest(Buffer.from(text, "latin1"));

test("a request that is there to its last byte is read, and what comes after it is left", () => {
  const text = plain('{"a":1}', "X-Amz-Target: \t Sample.Echo \t");
  const found = read(`${text}POST`);

  assert(typeof found === "object");
  assert.deepEqual(Object.entries(found.headers), [
    ["host", "a"],
    ["authorization", authorization.slice("Authorization: ".length)],
    ["content-length", "7"],
    ["x-amz-target", "Sample.Echo"],
  ]);
  assert.equal(found.body.toString(), '{"a":1}');
  assert.equal(found.length, text.length);
});

test("a request that has begun is waited for at each of its bytes", () => {
  const text = plain();
  for (let bytes = 1; bytes < text.length; bytes++) assert.equal(read(text.slice(0, bytes)), "more", `${bytes} bytes`);
});

test("whatever is not as plain as that is for somebody else to read, or to refuse", () => {
  const others = {
    "another method": plain().replace("POST", "PUT"),
    "another path": plain().replace("/", "/a"),
    "another version": plain().replace("1.1", "1.0"),
    "a handshake of TLS": "\u0016\u0003\u0001",
    "no host": plain().replace("Host: a\r\n", ""),
    "no length": plain().replace("Content-Length: 2\r\n", ""),
    "a length that is no number": plain().replace("Length: 2", "Length: +2"),
    "two lengths": plain("{}", "content-length: 2"),
    "a transfer coding": plain("{}", "Transfer-Encoding: chunked"),
    "somebody who asks before sending": plain("{}", "Expect: 100-continue"),
    "another protocol": plain("{}", "Connection: upgrade", "Upgrade: h2c"),
    "a connection that ends": plain("{}", "Connection: close"),
    "no signature": plain().replace(`${authorization}\r\n`, ""),
    "a folded line": plain("{}", "X-A: a\r\n b"),
    "a blank before the colon": plain("{}", "X-A : a"),
    "a bare line feed": plain("{}", "X-A: a\nX-B: b"),
    "a control character": plain("{}", "X-A: a\0b"),
    "a line without a name": plain("{}", ": a"),
    "a line without a colon": plain("{}", "X-A"),
    "a name twice": plain("{}", "X-A: a", "x-a: b"),
    "a head without an end": `POST / HTTP/1.1\r\nX-A: ${"a".repeat(completeRequestBytesMax)}`,
    "a body that is long": plain().replace("Length: 2", `Length: ${completeRequestBytesMax}`),
  };
  for (const [what, text] of Object.entries(others)) assert.equal(read(text), "other", what);
});

test("a header may have any name", () => {
  const found = read(plain("{}", "__proto__: a", "constructor: b"));

  assert(typeof found === "object");
  assert.equal(found.headers["__proto__"], "a");
  assert.equal(found.headers["constructor"], "b");
});
