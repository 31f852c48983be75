import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fits } from "./wildcards.ts";

const letters = (...of: readonly string[]) => fc.string({ unit: fc.constantFrom(...of), maxLength: 12 });

test("a pattern means what the regular expression of the same sense means", () => {
  fc.assert(
    fc.property(letters("a", "b", "*"), letters("a", "b", "*", "?"), (text, pattern) => {
      const source = pattern.replaceAll("?", "[^]").replaceAll("*", "[^]*");

      assert.equal(fits(text, pattern), new RegExp(`^${source}$`).test(text));
    }),
    { numRuns: 2_000 },
  );
});

test("a text that is made to be hard takes no time", () => {
  const began = performance.now();

  assert.equal(fits("a".repeat(16_000), "*a*a*a*a*a*b"), false);

  assert(performance.now() - began < 1_000);
});
