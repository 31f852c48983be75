import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAppSpec } from "../../src/appspec/index.ts";

const text = "version: 0.0\nos: linux\n";

/** The first error's message, without its beginning that all YAML errors share. */
function error(bytes: Uint8Array): string | undefined {
  const [first] = parseAppSpec(bytes, { file: "appspec.yml" }).findings.filter(({ severity }) => severity === "error");
  return first?.message.replace("The deployment failed because of a YAML parsing error: ", "");
}

test("a byte order mark is not part of the first key", () => {
  assert.equal(error(Buffer.from(`\uFEFF${text}`)), undefined);
});

test("a file in UTF-16 is refused by the name of its encoding", () => {
  const remedy = "(appspec.yml line 1, column 1). Save it as UTF-8";
  assert.equal(
    error(Buffer.from(`\uFEFF${text}`, "utf16le")),
    `the file is encoded as UTF-16 (little endian) ${remedy}`,
  );
  assert.equal(
    error(Buffer.from(`\uFEFF${text}`, "utf16le").swap16()),
    `the file is encoded as UTF-16 (big endian) ${remedy}`,
  );
  assert.equal(error(Buffer.from(text, "utf16le")), `the file is encoded as UTF-16 ${remedy}`);
});

test("a byte of Latin-1, even in a comment, is refused with its line", () => {
  assert.equal(
    error(Buffer.from(`${text}# caf\u00e9\n`, "latin1")),
    "incomplete UTF-8 octet sequence (appspec.yml line 3, column 1). Save it as UTF-8",
  );
});

test("a file of more than a megabyte is not read", () => {
  const bytes = Buffer.alloc(1024 * 1024 + 1, "#");

  assert.match(error(bytes) ?? "", /^the file has 1048577 bytes, and at most 1048576 are read/);
});

test("a file that nests deeper than the stack is an error, not a crash", () => {
  assert.match(error(Buffer.from("[".repeat(20_000))) ?? "", /^it nests too deeply/);
});
