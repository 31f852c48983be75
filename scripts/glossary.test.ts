// The glossary has every word of the domain with its home: each is declared there, and what it replaced is nowhere.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { declares } from "./architecture/declares.ts";

const [words = "", replaced = ""] = readFileSync("docs/glossary.md", "utf8").split("\n## Words that were replaced");

test("every word of the glossary is declared in its home", () => {
  const cells = [...words.matchAll(/^\| (\[[^|]+) \|/gm)].map(([, cell = ""]) => cell);
  const rows = cells.flatMap((cell) => [...cell.matchAll(/\[(\w+)\]\(([^)]+)\)/g)]);
  const lost = rows.flatMap(([, word = "", path = ""]) => {
    const file = join("docs", path);
    return existsSync(file) && declares(readFileSync(file, "utf8"), word) ? [] : [`${word} in ${file}`];
  });

  assert.deepEqual(lost, []);
  assert(rows.length > 100, `${rows.length} words`);
});

/** The names that a text declares: functions, constants, types, members. */
const namesIn = (text: string): readonly string[] =>
  [
    ...text.matchAll(/\b(?:function\*?|const|let|class|interface|type)\s+(\w+)/g),
    ...text.matchAll(/^ +(?:readonly |static |async |get )*#?(\w+)\??[:(<]/gm),
  ].map(([, name = ""]) => name);

test("no word that was replaced has come back", () => {
  const refused = new Set(
    [...replaced.matchAll(/^\| (`.+`) \| /gm)].flatMap(([, cell = ""]) => cell.replaceAll("`", "").split(", ")),
  );
  const found = globSync(["packages/*/{src,test}/**/*.ts", "{scripts,test}/**/*.ts"])
    .flatMap((path) => [...namesIn(readFileSync(path, "utf8")), basename(path, ".ts")].map((name) => ({ path, name })))
    .filter(({ name }) => refused.has(name))
    .map(({ path, name }) => `${path}: ${name}`);

  assert(refused.size > 40, `${refused.size} words`);
  assert.deepEqual([...new Set(found)].toSorted(), []);
});

test("a name is found wherever it is declared", () => {
  const text = "export const a = 1;\nclass B {\n  #c(d): void {}\n  readonly e?: string;\n}\nfunction f() {}\n";
  assert.deepEqual(namesIn(text), ["a", "B", "f", "c", "e"]);
});
