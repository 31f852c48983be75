import assert from "node:assert/strict";
import { test } from "node:test";
import { replacedWords } from "./replaced-words.ts";
import { check, sourcesOf } from "./sources.ts";

/** Files that have to name what was, and this list. */
const exempt = ["scripts/tidy/", "packages/server/src/store/schema.ts"];

const pattern = new RegExp(`(?<![\\w$-]|\\b[oO]f )(${replacedWords.map(([old]) => old).join("|")})(?![\\w$-])`, "g");
const now = new Map(replacedWords);

check(
  "nobody speaks the former dialect",
  "one word for one thing, and the trade's where it has one (scripts/tidy/replaced-words.ts, docs/glossary.md)",
  sourcesOf("packages/*/{src,test}/**/*.{ts,tsx}", "{scripts,test}/**/*.ts", "packages/*/*.md", "*.md").filter(
    ({ path }) => !exempt.some((prefix) => path.startsWith(prefix)) && path !== "CHANGELOG.md",
  ),
  ({ lines }) =>
    lines.flatMap((line, index) =>
      [...line.matchAll(pattern)].map(
        ([, word = ""]) => `line ${index + 1}: "${word}", and "${now.get(word)}" is meant`,
      ),
    ),
);

test("no word is replaced twice", () => assert.equal(now.size, replacedWords.length));
