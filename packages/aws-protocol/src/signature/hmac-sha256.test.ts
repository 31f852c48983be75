import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { HmacSha256 } from "./hmac-sha256.ts";

const expected = (key: string | Uint8Array, text: string) => createHmac("sha256", key).update(text, "utf8").digest();

test("it is HMAC-SHA-256, for keys and texts of any length", () => {
  const keys = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "grapheme", maxLength: 100 }));
  const texts = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 100 }),
    fc.string({ minLength: 300, maxLength: 3000 }),
  );
  fc.assert(
    fc.property(keys, fc.array(texts, { minLength: 1, maxLength: 3 }), (key, many) => {
      const keyed = new HmacSha256(key);
      for (const text of many) {
        assert.equal(keyed.hex(text), expected(key, text).toString("hex"));
        assert.deepEqual(keyed.bytes(text), expected(key, text));
      }
    }),
  );
});

for (const length of [341, 342, 1023, 1024, 1025])
  test(`a text of ${length} characters, of one byte or of three`, () => {
    for (const character of ["a", "€"]) {
      const text = character.repeat(length);
      assert.deepEqual(new HmacSha256("key").bytes(text), expected("key", text));
    }
  });
