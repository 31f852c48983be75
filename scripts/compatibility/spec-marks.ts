// What the pages of the specification say of AWS: `BEYOND` marks a difference, `(inferred)` a reading of ours.
import { readFileSync } from "node:fs";

/** A difference or a reading, in the specification's words. */
export interface SpecMark {
  readonly kind: "differs" | "reading";
  readonly text: string;
}

/** What the specification says of one thing. */
export interface Told {
  readonly page: string;
  /** The section's number and title. */
  readonly section: string;
  readonly marks: readonly SpecMark[];
}

/** A numbered section of a page. */
export interface Section {
  readonly number: string;
  readonly heading: string;
  readonly text: string;
}

/** The numbered sections of a page, in order. */
export function sectionsOf(page: string): readonly Section[] {
  return readFileSync(`docs/spec/${page}`, "utf8")
    .split(/^#{2,3} (?=[0-9])/m)
    .slice(1)
    .map((part) => {
      const [heading = ""] = part.split("\n");
      return { number: /^[0-9.]*[0-9]/.exec(heading)?.[0] ?? "", heading, text: part.slice(heading.length) };
    });
}

/** A row of a table, with the heads of its columns. */
export interface Row {
  readonly cells: readonly string[];
  readonly heads: readonly string[];
}

/** The rows of a section's tables. */
export function rowsOf(text: string): readonly Row[] {
  const rows: Row[] = [];
  let heads: readonly string[] | undefined;
  for (const line of text.split("\n")) {
    const cells = line.startsWith("|") ? cellsOf(line) : undefined;
    if (cells === undefined) heads = undefined;
    else if (heads === undefined) heads = cells;
    else if (!cells.every((cell) => /^-+$/.test(cell))) rows.push({ cells, heads });
  }
  return rows;
}

const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

/** The marks of a text: a sentence each. */
export const marksIn = (text: string): readonly SpecMark[] =>
  sentencesOf(text).flatMap((sentence) => markOf(sentence) ?? []);

/** Sentences end with a line, or with a point or a semicolon outside of brackets. */
function sentencesOf(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? "";
    if (sign === "(") depth += 1;
    else if (sign === ")") depth -= 1;
    const isEnd = sign === "\n" || (depth <= 0 && (sign === "." || sign === ";") && text[at + 1] === " ");
    if (!isEnd) continue;
    found.push(text.slice(from, at));
    [from, depth] = [at + 1, 0];
  }
  return [...found, text.slice(from)].map((one) =>
    one
      .trim()
      .replace(/^(?:[0-9]+\. |- (?:\([a-z]\) )?)/, "")
      .replace(/[.;]$/, ""),
  );
}

function markOf(sentence: string): SpecMark | undefined {
  if (sentence.includes("BEYOND")) {
    const text = sentence
      .replace(/ ?\(BEYOND\)/, "")
      .replace(/,? ?BEYOND(?=\))/, "")
      .replace(/BEYOND[:;] ?|BEYOND, always(?:[:.,] ?|$)/, "");
    return { kind: "differs", text };
  }
  if (!sentence.includes("inferred")) return undefined;
  return { kind: "reading", text: sentence.replaceAll(/ ?\(inferred\)/g, "").replaceAll(", inferred)", ")") };
}

/** What `api.md` says of each operation: the rows and paragraphs that begin with its name. */
export function operationsTold(isOperation: (name: string) => boolean): ReadonlyMap<string, readonly Told[]> {
  const told = new Map<string, Told[]>();
  for (const { number, heading, text } of sectionsOf("api.md")) {
    if (!number.startsWith("2.")) continue;
    const parts = [
      ...rowsOf(text).map((row) => ({ names: namesAt(row.cells[0] ?? "", isOperation), text: inWords(row) })),
      ...paragraphsOf(text, isOperation),
    ];
    for (const { names, text: said } of parts)
      for (const name of names) {
        const known = told.get(name) ?? [];
        told.set(name, [...known, { page: "api.md", section: heading, marks: [...marksIn(said), ...citedIn(said)] }]);
      }
  }
  return told;
}

/** What the sections say that a text sends its readers to: those on what is shown, and on what happens. */
function citedIn(text: string): readonly SpecMark[] {
  const cited = [...text.matchAll(/(?:(deployments\.md)\) )?§([0-9.]*[0-9])/g)];
  return cited.flatMap(([, named, number = ""]) => {
    if (named === undefined && !number.startsWith("3.")) return [];
    return marksOf(sectionsOf(named ?? "api.md").find((section) => section.number === number));
  });
}

/** The marks of a whole section, its tables row by row. */
export function marksOf(section: Section | undefined): readonly SpecMark[] {
  if (section === undefined) return [];
  const rows = rowsOf(section.text).flatMap(({ cells }) => marksIn(cells.filter((cell) => cell !== "–").join(": ")));
  const prose = section.text.split("\n").filter((line) => !line.startsWith("|"));
  return [...marksIn(prose.join("\n")), ...rows];
}

/** A row as sentences: cells go by the heads of their columns. */
const inWords = ({ cells, heads }: Row): string =>
  cells
    .slice(1)
    .map((cell, index) => (heads[index + 1] ? `${heads[index + 1]}: ${cell}` : cell))
    .join(".\n");

/** Paragraphs that begin with operations' names, each with all that follows until the next one. */
function paragraphsOf(text: string, isOperation: (name: string) => boolean) {
  const found: { names: readonly string[]; text: string }[] = [];
  for (const block of text.split(/\n\n+/)) {
    const names = namesAt(block.trim(), isOperation);
    const last = found.at(-1);
    if (names.length > 0 && !block.startsWith("|")) found.push({ names, text: block });
    // A table below a paragraph belongs to it: its rows are sentences.
    else if (last !== undefined)
      last.text += `\n${block.startsWith("|") ? rowsOf(block).map(faultRow).join("\n") : block}`;
  }
  return found;
}

const faultRow = ({ cells }: Row): string => cells.join(": ");

/** The operations that a text begins with. */
function namesAt(text: string, isOperation: (name: string) => boolean): readonly string[] {
  const names: string[] = [];
  for (const [, word = ""] of text.matchAll(/(?:\*\*|,|and)?\s*([A-Za-z]+)(?:\*\*)?/g)) {
    if (word === "and") continue;
    if (!isOperation(word)) break;
    names.push(word);
  }
  return names;
}
