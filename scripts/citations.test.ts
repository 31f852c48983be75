// The code cites the specification as `deployments.md §4.3`, sometimes with a rule or a row: each citation must lead somewhere.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";

/** A page of the specification: the text below each numbered heading, by its number. */
type Page = ReadonlyMap<string, string>;

const pages: ReadonlyMap<string, Page> = new Map(
  globSync("docs/spec/*.md").map((path) => [basename(path), sectionsOf(readFileSync(path, "utf8"))]),
);
/** What may cite. The pages cite themselves and each other. */
const citing = globSync([
  "packages/*/{src,test}/**/*.{ts,sh}",
  "packages/*/*.md",
  "{scripts,test}/**/*.ts",
  "docs/**/*.md",
  "*.md",
])
  .filter((path) => !path.includes("node_modules"))
  // The generated page has its sentences from pages that are looked at themselves.
  .filter((path) => path !== "docs/compatibility.md" && path !== "scripts/citations.test.ts")
  .toSorted();

function sectionsOf(text: string): Page {
  const parts = text.split(/^#{2,3} (?=[0-9])/m).slice(1);
  return new Map(parts.map((part) => [/^[0-9]+(\.[0-9]+)*/.exec(part)?.[0] ?? "", part]));
}

/** One citation, as it stands: of a page, or bare, of the page that the file is about. */
interface Citation {
  readonly page: string | undefined;
  readonly section: string;
  /** A numbered item or a row of that section. */
  readonly item: string | undefined;
}

/** Files that cite the engine's page without its name: they say "deployments.md" once, or stand in the engine. */
const pageOf = (path: string): string | undefined => {
  if (path.startsWith("docs/spec/")) return basename(path);
  return path.startsWith("packages/engine/") ? "deployments.md" : undefined;
};

/** A page's name, if there is one, a section, and what is cited of it. */
const citation =
  /(?:([a-z]+\.md)(?:\]\([^)]*\))? ?)?§([0-9]+(?:\.[0-9]+)*)(?:(?:,)? (?:rule|fact|step) ([0-9]+)|, ([0-9]+|[A-Z][0-9]+)\b)?/g;

function citationsIn(path: string, text: string): readonly Citation[] {
  let page = pageOf(path);
  return [...text.matchAll(citation)].map(([, named, section = "", item, row]) => {
    // "deployments.md §5.2, §5.4": the second goes with the first.
    if (named !== undefined && pages.has(named)) page = named;
    const cited = { page, section, item: item ?? row };
    if (path.startsWith("docs/spec/")) page = basename(path);
    return cited;
  });
}

/** Why a citation leads nowhere; undefined when it does. */
function whyLost({ page, section, item }: Citation): string | undefined {
  if (page === undefined) return `§${section} does not say of which page`;
  const text = pages.get(page)?.get(section);
  if (text === undefined) return `${page} has no §${section}`;
  const isThere = item === undefined || new RegExp(`^(\\| ([^|]*, )?${item}[ ,|]|${item}\\. )`, "m").test(text);
  return isThere ? undefined : `${page} §${section} has no ${item}`;
}

test("the specification has its five pages, and each of its sections a number of its own", () => {
  assert.deepEqual([...pages.keys()].toSorted(), [
    "README.md",
    "agent.md",
    "api.md",
    "appspec.md",
    "cloud.md",
    "deployments.md",
  ]);
  for (const path of globSync("docs/spec/*.md")) {
    const numbers = [...readFileSync(path, "utf8").matchAll(/^#{2,3} ([0-9]+(?:\.[0-9]+)*)/gm)].map(
      ([, found]) => found,
    );
    assert.equal(new Set(numbers).size, numbers.length, `${path} has two sections of one number`);
  }
});

test("every § that is cited is a section of the specification", () => {
  const found = citing.flatMap((path) =>
    citationsIn(path, readFileSync(path, "utf8")).map((cited) => ({ path, why: whyLost(cited) })),
  );
  const lost = found.flatMap(({ path, why }) => (why === undefined ? [] : [`${path}: ${why}`]));

  assert.equal(lost.length, 0, `\n${lost.join("\n")}\nWhy: a comment that leads nowhere explains nothing\n`);
  assert(found.length > 250, `only ${found.length} citations were found`);
});

test("a citation of what is not there is noticed", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["agent.md §1.2", undefined],
    ["deployments.md §4.3 rule 11", undefined],
    ["deployments.md §13, 29", undefined],
    ["appspec.md §6, L6", undefined],
    ["§4.3", "§4.3 does not say of which page"],
    ["agent.md §1.99", "agent.md has no §1.99"],
    ["deployments.md §4.3 rule 12", "deployments.md §4.3 has no 12"],
    ["deployments.md §13, 44", "deployments.md §13 has no 44"],
  ];
  for (const [text, why] of cases) assert.deepEqual(citationsIn("x.ts", text).map(whyLost), [why], text);
});

test("every file that the code cites as a page of the specification is one", () => {
  const lost = citing.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\b([a-z]+\.md) §/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !pages.has(name))
      .map((name) => `${path} cites ${name}`),
  );

  assert.deepEqual(lost, []);
});
