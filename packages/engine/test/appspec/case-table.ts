import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

/** One file of a table, and what is found in it. */
interface Case {
  readonly title: string;
  readonly input: string;
  readonly answers: readonly string[];
}

const mark = "\n== ";

/**
 * Makes a test of every case of a table, or with REWRITE=1 rewrites the table's expected lines. `answersTo` returns the
 * lines for a file's text and its case's title.
 */
export function testCases(table: string, answersTo: (source: string, title: string) => readonly string[]): void {
  const file = join(import.meta.dirname, table);
  const [head = "", ...texts] = readFileSync(file, "utf8").trimEnd().split(mark);
  const cases = texts.map(readCase);
  const answersOf = (one: Case) => answersTo(sourceOf(one), one.title).map((answer) => `→ ${answer}`);
  if (process.env.REWRITE !== undefined)
    writeFileSync(
      file,
      [head, ...cases.map((one) => `${one.title}\n${one.input}${answersOf(one).join("\n")}\n`)].join(mark),
    );
  else for (const one of cases) test(one.title, () => assert.deepEqual(answersOf(one), one.answers));
}

function readCase(text: string): Case {
  const [title = "", ...lines] = text.split("\n");
  const isAnswer = (line: string) => line.startsWith("→ ");
  const input = lines
    .slice(0, lines.findIndex((line) => isAnswer(line)) >>> 0)
    .filter((line, index, all) => index < all.length - 1 || line !== "");
  return { title, input: input.map((line) => `${line}\n`).join(""), answers: lines.filter(isAnswer) };
}

/** The file that stands in a case: control characters are escaped as in JSON where its title says so. */
function sourceOf({ title, input }: Case): string {
  const whole = input.replace(/^V$/m, "version: 0.0\nos: linux");
  return title.includes("[escaped]") ? (JSON.parse(`"${whole.replaceAll("\n", String.raw`\n`)}"`) as string) : whole; // a JSON text of one string
}
