// docs/compatibility.md is generated: it must be what the code and the specification say now, and leave nothing out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { codeMarks, productFiles, unitsOf } from "./compatibility/code-marks.ts";
import { compatibility, page } from "./compatibility.ts";

const text = readFileSync(page, "utf8");
const rowsOf = (heading: string): readonly string[] => {
  const part = text.split(`\n## ${heading}`)[1]?.split("\n## ")[0] ?? "";
  return part
    .split("\n")
    .filter((line) => /^\| (?!-|operation|key|setting|section|\|)/.test(line) && !line.startsWith("|---"));
};

test("generating the page again changes nothing", () => {
  assert.equal(compatibility(), text, "npm run compatibility writes it anew");
});

test("every operation, key and setting is as AWS, differs, or is a reading", () => {
  const rows = ["The 47 operations", "The keys of AppSpec files", "The agent's settings"].map(rowsOf);

  for (const row of rows.flat()) assert.match(row, /\| (?:as AWS|(?:differs|reading): [^|]+.*) \|$/);
  const [operations = [], keys = [], settings = []] = rows;
  assert.equal(operations.length, 47);
  assert(keys.length > 35, `${keys.length} keys`);
  assert(settings.length > 50, `${settings.length} settings`);
});

test("every key that a reader of AppSpec files knows is on the page", () => {
  const known = [...productFiles()]
    .filter(([path]) => path.startsWith("packages/engine/src/appspec/"))
    .flatMap(([, source]) => [
      ...source.matchAll(/(?:warnOfUnknownKeys\(\w+|\.keys\([\w.]+|const keys =),? \[([^\]]+)\]/g),
    ])
    .flatMap(([, list = ""]) => [...list.matchAll(/"(\w+)"/g)].map(([, key = ""]) => key));
  const shown = rowsOf("The keys of AppSpec files").join("\n");

  assert(known.length > 25, `${known.length} keys`);
  for (const key of known.filter((name) => name !== "Properties"))
    assert.match(shown, new RegExp(`^\\| \`(?:[^\`]*\\.)?${key}(?:\\[\\]|\\.|\`)`, "m"), key);
});

test("no comment that differs from AWS, or reads it, is left out", () => {
  for (const [path, source] of productFiles()) {
    const marks = text.split(`](../${path})`).length - 1;
    const comments = source
      .split("\n")
      .filter((line) => /Unlike AWS(?=\W)|\(inferred/.test(line) && /\/\/|\*/.test(line));
    assert.equal(marks, comments.length, path);
  }
});

test("a comment is read with what it is about", () => {
  const source = `/** Unlike AWS: it waits. */
export function wait(): void {
  // A default (inferred; api.md §4). More of it.
  start();
}

interface Options {
  /** Unlike AWS, which has none: how long. Kept. */
  readonly seconds: number;
}
`;
  const units = unitsOf("x.ts", source, () => false);

  assert.deepEqual(
    codeMarks("x.ts", source, units).map(({ kind, text: said, home, member }) => [kind, said, home, member]),
    [
      ["differs", "It waits", "wait", undefined],
      ["reading", "A default.", "wait", undefined],
      ["differs", "(unlike AWS, which has none: how long. Kept)", "Options", "seconds"],
    ],
  );
});
