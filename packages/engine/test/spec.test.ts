import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const room = join(import.meta.dirname, "..");
const read = (pattern: string) => globSync(join(room, pattern)).map((path) => readFileSync(path, "utf8"));

test("every test that SPEC.md names is there", () => {
  const [spec = ""] = read("SPEC.md");
  const named = [...spec.matchAll(/^\s*- `(.+)`$/gm)].map(([, name]) => name);
  const tests = ["src/**/*.test.ts", "test/*.test.ts"].flatMap(read);
  const names = tests.flatMap((text) => [...text.matchAll(/^test\(\s*"(.+?)",(?! \{ skip)/gm)].map(([, name]) => name));
  const scenarios = read("test/scenarios/*.txt").map((text) => /^# (.+)/.exec(text)?.[1]);
  const known = new Set([...names, ...scenarios]);

  assert(named.length > 20, `only ${named.length} tests are named`);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
});
