// The security model names a test for each promise: they must be there, under that name.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

test("each promise of the security model is held by a test of that name", () => {
  const model = readFileSync("docs/security-model.md", "utf8");
  const named = [...model.matchAll(/^- "([^"]+)" \(`([^`]+)`\)$/gm)].map(([, name = "", file = ""]) => ({
    name,
    file,
  }));
  const lists = model.split("\n").filter((line) => line.startsWith("- "));

  const missing = named.filter(
    ({ name, file }) => !existsSync(file) || !readFileSync(file, "utf8").includes(`"${name}"`),
  );

  assert.deepEqual(missing, []);
  assert.equal(named.length, lists.length, "a line of a list names no test");
});
