import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesTag } from "./tag-match.ts";

const tags = [
  { Key: "Name", Value: "web-1.example" },
  { Key: "Name", Value: "Beta" },
];

test("a filter asks for a key, a value, or a key with one of its values", () => {
  assert(matchesTag({ Key: "Name", Type: "KEY_ONLY" }, tags));
  assert(!matchesTag({ Key: "name", Type: "KEY_ONLY" }, tags));
  assert(matchesTag({ Value: "Beta", Type: "VALUE_ONLY" }, tags));
  assert(matchesTag({ Key: "Name", Value: "Beta", Type: "KEY_AND_VALUE" }, tags));
  assert(!matchesTag({ Key: "Name", Value: "beta" }, tags));
});

test("a star stands for any text, and a question mark for any character", () => {
  const matches = (Value: string) => matchesTag({ Key: "Name", Value }, tags);

  assert(matches("web-*"));
  assert(matches("*.exam*le"));
  assert(matches("we?-?.example"));
  assert(matches("**"));
  assert(!matches("web-?"));
  assert(!matches("*.exampl"));
  assert(!matches("web.1*"));
});

test("a pattern that is made to be slow is not", () => {
  const started = performance.now();

  assert(!matchesTag({ Key: "k", Value: "*a".repeat(128) }, [{ Key: "k", Value: `${"a".repeat(127)}b` }]));

  assert(performance.now() - started < 100);
});
