import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, printableLines, printableParts } from "./printable.ts";

test("what could steer a terminal or begin a line is escaped as JSON would, and nothing else is touched", () => {
  assert.equal(
    printable("a\nb\r\u001b[2J\u0007\u009b1m\u007f\u2028\u202e\ud800"),
    String.raw`a\nb\r\u001b[2J\u0007\u009b1m\u007f\u2028\u202e\ud800`,
  );
  assert.equal(printable("Größe 🚀 日本 \\n 'x'"), "Größe 🚀 日本 \\n 'x'");
  assert.equal(JSON.parse(`"${printable("a\u0085\u001b\tb")}"`), "a\u0085\u001b\tb");
});

test("a long text is cut, and says so", () => {
  assert.equal(printable("x".repeat(301), 300), `${"x".repeat(300)}… (301 characters)`);
  assert.equal(printable("x".repeat(300), 300), "x".repeat(300));
});

test("lines keep apart, and none of them looks like another's", () => {
  assert.equal(printableLines("one\r\ntwo\u001b\n\tthree"), "one\n  two\\u001b\n    three");
});

test("every text in a value is made printable, whatever its place", () => {
  const at = new Date(0);

  assert.deepEqual(printableParts({ a: ["\u001b", { b: "\n", at, n: 1, u: undefined }] }), {
    a: ["\\u001b", { b: "\\n", at, n: 1, u: undefined }],
  });
  assert.deepEqual(printableParts({ log: "a\nb\u001b" }, new Set(["log"])), { log: "a\nb\\u001b" });
});
