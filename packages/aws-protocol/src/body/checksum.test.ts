import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createChecksum } from "./checksum.ts";

const sum = (name: string, ...parts: readonly string[]) => {
  const checksum = createChecksum(name);
  assert(checksum, `there is a checksum ${name}`);
  for (const part of parts) checksum.update(Buffer.from(part));
  return checksum.base64();
};
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

test("the checksums are those of their catalogues", () => {
  // The catalogues' check value is the checksum of these nine digits.
  assert.equal(sum("crc32", "123456789"), base64("cbf43926"));
  assert.equal(sum("crc32c", "123456789"), base64("e3069283"));
  assert.equal(sum("crc64nvme", "123456789"), base64("ae8b14860a799888"));
  assert.equal(sum("sha1", "123456789"), base64("f7c3bc1d808e04732adf679965ccc34ca7ae3441"));
  assert.equal(sum("sha256", ""), base64("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
});

test("a checksum does not depend on how the bytes were cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string()),
      fc.constantFrom("crc32", "crc32c", "crc64nvme", "sha1", "sha256"),
      (parts, name) => {
        assert.equal(sum(name, ...parts), sum(name, parts.join("")));
      },
    ),
    { numRuns: 100 },
  );
});

test("a checksum of another name is not known", () => {
  assert.equal(createChecksum("md4"), undefined);
});
