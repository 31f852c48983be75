import assert from "node:assert/strict";
import { test } from "node:test";
import { growthOf } from "./time.ts";

/** Expressions, how their time grows, and for the slow ones a text of a given length that shows it. */
const known: readonly (readonly [string, ReturnType<typeof growthOf>])[] = [
  // Quantifiers within quantifiers, over characters that both may take.
  ["^(a+)+$", "exponential"],
  ["^(?:a*)*b", "exponential"],
  ["^(a|a)*b", "exponential"],
  ["^([a-z.]+\\.?)*$", "exponential"],
  ["\\.(?:s3(?:[.-][a-z0-9-]+)*\\.amazonaws\\.com)$", "exponential"],
  // One after the other over the same characters, or after any text.
  ["^a*a*b", "polynomial"],
  ["^(.+?)\\.[a-z.]+!$", "polynomial"],
  ["\\s+$", "polynomial"],
  ["<!--[^]*-->", "polynomial"],
  // Separators that the parts cannot hold, and searches that end with the first thing found.
  ["^[a-z]+(?:-[a-z]+)+$", "linear"],
  ["^(?:[a-z]+\\.)*s3$", "linear"],
  ["a+", "linear"],
  ["^a{1,20}a{1,20}b", "linear"],
  ["(?<=x)\\s*", "linear"],
];

test("how an expression's time grows is told from its form", () => {
  assert.deepEqual(
    known.map(([source]) => [source, growthOf(source, "")]),
    known,
  );
});

test("lines are told apart where an expression is about lines", () => {
  assert.equal(growthOf("^Date: .*x", "m"), "linear");
  assert.equal(growthOf("^\\s*x", "m"), "polynomial");
});

test("what an expression says of what comes later is judged, too", () => {
  assert.equal(growthOf("^(?!(a+)+b).*$", ""), "exponential");
});
