import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hasFailed, summary } from "./report.ts";
import { runFile } from "./run-file.ts";

/** The result of a test file. */
async function ran(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-runner-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "some.test.mjs");
  writeFileSync(file, `import { test, suite } from "node:test";\n${text}`);
  const result = await runFile(file);
  return { failed: hasFailed(result), lines: summary([result], 1).split("\n") };
}

test("a run ends with how many were skipped, and why", async (t) => {
  const { failed, lines } = await ran(
    t,
    `suite("s", () => { test("a", () => {}); test("b", { skip: "needs x" }, () => {}); test("c", { skip: "needs y" }); });
     test("d", { skip: "needs y" }, () => {}); test("e", async (t) => { await t.test("f", () => {}); });`,
  );

  assert.equal(failed, false);
  assert(lines.includes("# tests 6") && lines.includes("# pass 3") && lines.includes("# skipped 3"), lines.join("\n"));
  assert.equal(lines.at(-1), "3 passed, 0 failed, 3 skipped: 2 × needs y; 1 × needs x");
});

test("a test that fails, a file that cannot be loaded, ends early or has no tests fails the run", async (t) => {
  for (const text of [
    'test("a", () => { throw new Error("no"); });',
    'import "./nowhere.mjs"; test("a", () => {});',
    'test("a", () => process.exit(0)); test("b", () => {});',
    'test("a", () => {}); process.exitCode = 3;',
    'test("a", () => {}); setTimeout(() => { throw new Error("late"); }, 50);',
    "",
  ]) {
    const { failed, lines } = await ran(t, text);
    assert.equal(failed, true, text);
    assert.match(lines.at(-1) ?? "", /, [12] failed, 0 skipped$/, text);
  }
});
