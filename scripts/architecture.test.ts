// ARCHITECTURE.md answers where something is: each file that it names must be there, with the functions that it names.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { test } from "node:test";
import { declares } from "./architecture/declares.ts";

const page = readFileSync("ARCHITECTURE.md", "utf8");
/** The questions, each with a link to a file and the functions in it. */
const rows = [...page.matchAll(/^\| (.+\?) \| \[[^\]]+\]\(([^)]+)\) \| (.+) \|$/gm)].map(
  ([, question = "", path = "", names = ""]) => ({
    question,
    path,
    names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  }),
);

/** Why an answer is none; nothing when it is one. */
function whyLost({ question, path, names }: (typeof rows)[number]): readonly string[] {
  if (!existsSync(path)) return [`${question} ${path} is not there`];
  const text = readFileSync(path, "utf8");
  const lost = names.filter((name) => !declares(text, name));
  return names.length === 0 || lost.length > 0 ? [`${question} ${path} declares no ${lost.join(", ")}`] : [];
}

test("the table answers some thirty questions, and each answer is there", () => {
  assert(rows.length >= 30, `${rows.length} questions`);
  assert.deepEqual(rows.flatMap(whyLost), []);
});

test("every file that ARCHITECTURE.md, the glossary and the guide for contributors link to is there", () => {
  const pages = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs/glossary.md", "docs/security-model.md"];
  const lost = pages.flatMap((name) =>
    [...readFileSync(name, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map(([, path = ""]) => join(dirname(name), path))
      .filter((path) => !existsSync(path))
      .map((path) => `${name} links to ${path}`),
  );

  assert.deepEqual(lost, []);
});

test("every source file that a document names by the end of its path is there", () => {
  const files = globSync(["packages/**/*.ts", "{scripts,test}/**/*.ts"], { exclude: ["**/node_modules"] });
  const ends = new Set(files.flatMap((file) => file.split(sep).map((_, at, parts) => parts.slice(at).join("/"))));
  const documents = globSync(["*.md", "docs/**/*.md", "packages/*/*.md"]);
  const lost = documents.flatMap((name) =>
    [...readFileSync(name, "utf8").matchAll(/`([\w./-]+\.ts)`/g)]
      .filter(([, path = ""]) => !ends.has(path))
      .map(([, path = ""]) => `${name} names ${path}`),
  );

  assert.deepEqual(lost, []);
});

test("what the recipes say of a file is in it", () => {
  const recipes = page.split("\n## Recipes")[1] ?? "";
  const said = [...recipes.matchAll(/`(\w+)` (?:in|of) \[[^\]]+\]\(([^)]+)\)/g)];

  assert(said.length >= 8, `${said.length} names`);
  for (const [, name = "", path = ""] of said)
    assert(declares(readFileSync(path, "utf8"), name), `${path} declares no ${name}`);
});

test("a name that is not declared is noticed", () => {
  assert(declares("export const a = 1;\n  #b(x): void {", "a"));
  assert(declares("  #b(x): void {", "#b"));
  assert(!declares("a();\n    #b(x);", "a"));
  assert(!declares("a();\n    #b(x);", "#b"));
});
