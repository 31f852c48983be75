// Decision records are numbered without gaps, and whoever cites one finds it.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";

const records = globSync("docs/decisions/*.md")
  .map((path) => basename(path))
  .toSorted();
const numbers = new Set(records.map((name) => name.slice(0, 3)));
const citing = globSync([
  "packages/*/{src,test}/**/*.{ts,sh,md}",
  "packages/*/*.md",
  "{scripts,test}/**/*.ts",
  "docs/**/*.md",
  "*.md",
])
  .filter((path) => !path.includes("node_modules") && path !== "scripts/decisions.test.ts")
  .toSorted();

/** "docs/decisions/016", "decision 012", "decisions 013 and 015", "record 019"; among records also a number in brackets. */
function citedIn(path: string, text: string): readonly string[] {
  const named = /(?:docs\/decisions\/|\b(?:[Dd]ecision|[Rr]ecord)s? )([0-9]{3})\b(?:,? and ([0-9]{3})\b)?/g;
  const bare = /[([]([0-9]{3})[)\]]/g;
  const isRecord = path.startsWith("docs/decisions/");
  return [...text.matchAll(named), ...(isRecord ? text.matchAll(bare) : [])].flatMap(([, ...found]) =>
    found.filter((number) => number !== undefined),
  );
}

/** Links to records by their files' names. */
const linkedIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\((?:[./]*decisions\/)?([0-9]{3}-[a-z0-9-]+\.md)\)/g)].map(([, name = ""]) => name);

test("records have the numbers from 001 on, each once", () => {
  const wanted = records.map((_, index) => String(index + 1).padStart(3, "0"));

  assert.deepEqual(
    records.map((name) => name.slice(0, 3)),
    wanted,
    "the next record takes the next free number",
  );
  for (const name of records) assert.match(name, /^[0-9]{3}-[a-z0-9-]+\.md$/);
});

test("each record has a title, and says when to look at it again", () => {
  for (const name of records) {
    const text = readFileSync(`docs/decisions/${name}`, "utf8");
    assert.match(text, /^# \S/, name);
    assert.match(text, /When to revisit|Revisit when/, name);
  }
});

test("every record that is cited is there", () => {
  const lost = citing.flatMap((path) => {
    const text = readFileSync(path, "utf8");
    return [
      ...citedIn(path, text).filter((number) => !numbers.has(number)),
      ...linkedIn(text).filter((name) => !records.includes(name)),
    ].map((found) => `${path} cites ${found}`);
  });

  assert.deepEqual(lost, []);
});

test("a citation of a record that is not there is noticed", () => {
  const text = "see (docs/decisions/001), decisions 002 and 999, record 998 [a](../decisions/997-not-there.md)";

  assert.deepEqual(citedIn("x.ts", text), ["001", "002", "999", "998"]);
  assert.deepEqual(citedIn("docs/decisions/001-x.md", "as before (996)"), ["996"]);
  assert.deepEqual(linkedIn(text), ["997-not-there.md"]);
});
