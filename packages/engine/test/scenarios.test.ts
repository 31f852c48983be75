// Deployments as conversations. `node packages/engine/test/scenarios.test.ts --rewrite` rewrites the golden output;
// read the diff.
import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { play } from "./scenario-language.ts";

const scenarios = globSync(join(import.meta.dirname, "scenarios", "*.txt")).toSorted();

for (const path of scenarios) {
  const written = readFileSync(path, "utf8");
  const title = /^# (.+)/.exec(written)?.[1] ?? path;
  test(title, () => {
    const played = play(written);

    if (process.argv.includes("--rewrite")) writeFileSync(path, played);
    else assert.equal(played, written, `${path} says something else; run this file with --rewrite and read the diff`);
  });
}

test("there are scenarios", () => assert.notEqual(scenarios.length, 0));
