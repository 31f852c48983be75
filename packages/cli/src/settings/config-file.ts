import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar, YAMLMap } from "yaml";

/** What is wrong in a configuration file. Lines begin with 1. */
export interface ConfigFinding {
  readonly line: number;
  readonly message: string;
}

/** What a configuration file says. */
export interface FoundSettings {
  /** As the command line would have them. */
  readonly texts: Readonly<Record<string, string>>;
  readonly findings: readonly ConfigFinding[];
}

/** How a file is read. */
interface Reading {
  readonly settings: Readonly<Record<string, { readonly flag: string; readonly isPath?: true }>>;
  /** A file that is not there is none. */
  readonly isOptional: boolean;
  /** It was found by the data folder, which it cannot name therefore. */
  readonly isInData: boolean;
  /** Says why a setting cannot have a value. */
  readonly check: (name: string, text: string) => string | undefined;
}

/** Largest configuration file, in bytes. */
const fileBytesMax = 256 * 1024;

/** Reads a configuration file. Undefined when it is not there and need not be. Throws one clear sentence when it cannot be read. */
export function readConfigFile(file: string, reading: Reading): FoundSettings | undefined {
  const text = contentOf(file, reading);
  return text === undefined ? undefined : readSettings(text, dirname(file), reading);
}

function contentOf(file: string, { isOptional }: Reading): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException; // node:fs throws these
    if (isOptional && ["ENOENT", "ENOTDIR"].includes(code)) return undefined;
    throw new Error(`Cannot read the configuration file "${file}"; name another with --config`, { cause });
  }
  if (bytes.length > fileBytesMax)
    throw new Error(
      `Cannot use the configuration file "${file}": it has ${bytes.length} bytes, and at most ${fileBytesMax} are read`,
    );
  return bytes.toString("utf8");
}

/** The name of a setting in a file: its flag without the dashes. */
export const nameInFile = (flag: string): string => /^--([a-z0-9-]+)/.exec(flag)?.[1] ?? "";

function readSettings(text: string, folder: string, { settings, isInData, check }: Reading): FoundSettings {
  const names = new Map(Object.entries(settings).map(([name, { flag }]) => [nameInFile(flag), name]));
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (node: { readonly range?: readonly number[] | null | undefined }) =>
    lines.linePos(node.range?.[0] ?? 0).line;
  const findings: ConfigFinding[] = document.errors.map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    message,
  }));
  const texts: Record<string, string> = {};
  const { contents } = document;
  if (findings.length > 0 || contents === null) return { texts, findings };
  if (!(contents instanceof YAMLMap))
    return {
      texts,
      findings: [{ line: lineOf(contents), message: "expected settings, such as `port: 4566`, and found none" }],
    };
  for (const { key, value } of contents.items as readonly { key: Node; value: Node | null }[]) {
    // what `parseDocument` makes
    const found = readOne({ key, value }, names);
    const line = lineOf(key);
    const problem =
      "problem" in found ? found.problem : (problemOfPlace(found.name, isInData) ?? check(found.name, found.text));
    if (problem !== undefined) findings.push({ line, message: problem });
    else if ("name" in found)
      texts[found.name] =
        settings[found.name]?.isPath === true && found.text !== "" ? resolve(folder, found.text) : found.text;
  }
  return { texts, findings };
}

function readOne(
  { key, value }: { readonly key: Node; readonly value: Node | null },
  names: ReadonlyMap<string, string>,
): { readonly problem: string } | { readonly name: string; readonly text: string } {
  const name = isScalar(key) ? String(key.value) : "";
  const setting = names.get(name);
  if (setting === undefined) return { problem: unknownSetting(name, [...names.keys()]) };
  const text = value === null ? undefined : textOf(value);
  return text === undefined
    ? { problem: `expected a text, a number, on or off for "${name}", and found ${kindOf(value)}` }
    : { name: setting, text };
}

/** Returns a value as the command line would have it; undefined when it is of no such kind. */
function textOf(value: Node): string | undefined {
  if (isSeq(value)) {
    const parts = value.items.map((item) => (isScalar(item) ? scalarText(item) : undefined));
    return parts.every((part) => part !== undefined) ? parts.join(",") : undefined;
  }
  return isScalar(value) ? scalarText(value) : undefined;
}

function scalarText({ value, source }: Scalar): string | undefined {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number" || typeof value === "bigint") return source ?? String(value);
  return typeof value === "string" ? value : undefined;
}

function kindOf(value: Node | null): string {
  if (value === null || (isScalar(value) && value.value === null)) return "nothing";
  if (isSeq(value)) return "a list with something else than texts";
  return value instanceof YAMLMap ? "a mapping" : "something else";
}

function problemOfPlace(name: string, isInData: boolean): string | undefined {
  if (name === "config") return "a configuration file names no other: expected the settings themselves";
  if (name === "data" && isInData)
    return "this file was found in the data folder, which it cannot name: use --data, or /etc/sluice/sluice.yaml";
  return undefined;
}

/** Names are compared up to this length; what is longer is no slip of the pen. */
const nameLengthMax = 40;

function unknownSetting(name: string, known: readonly string[]): string {
  const shown = JSON.stringify(name.slice(0, nameLengthMax));
  const near = known
    .map((candidate) => ({ candidate, distance: distanceOf(name.slice(0, nameLengthMax), candidate) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  const isNear = near !== undefined && near.distance <= Math.max(2, near.candidate.length / 3);
  return `there is no setting ${shown}${isNear ? `; did you mean "${near.candidate}"?` : ": sluice --help lists them"}`;
}

/** How many letters have to be changed, added or taken away (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
