import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type OperatingSystem, parseAppSpec } from "../../src/appspec/index.ts";

// Every rule of the grammar as a file and what is found in it: cases.txt is the table, and says how it is made anew.

const file = join(import.meta.dirname, "cases.txt");
const mark = "\n== ";

interface Case {
  readonly title: string;
  readonly input: string;
  readonly answers: readonly string[];
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

function answersOf(one: Case): readonly string[] {
  const os = /\[(linux|windows)\]/.exec(one.title)?.[1] as OperatingSystem | undefined; // the only two that match
  const { appSpec, findings } = parseAppSpec(sourceOf(one), {
    file: "appspec.yml",
    ...(os === undefined ? {} : { os }),
  });
  const { version: _, os: __, ...rest } = appSpec ?? {};
  return [
    ...findings.map(({ severity, rule, message }) => `→ ${severity} ${rule}: ${message}`),
    ...(appSpec === undefined ? [] : [`→ ${JSON.stringify(rest)}`]),
  ];
}

const [head = "", ...texts] = readFileSync(file, "utf8").trimEnd().split(mark);
const cases = texts.map(readCase);

if (process.env.REWRITE !== undefined)
  writeFileSync(
    file,
    [head, ...cases.map((one) => `${one.title}\n${one.input}${answersOf(one).join("\n")}\n`)].join(mark),
  );
else for (const one of cases) test(one.title, () => assert.deepEqual(answersOf(one), one.answers));
