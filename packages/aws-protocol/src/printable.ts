// Untrusted text made safe for a terminal, a log or a record: it can neither control the display nor begin a line of its own.

/** Control characters, line separators, changes of the writing direction, and lone surrogates, which UTF-8 cannot encode. */
const steering = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Returns untrusted text as one line: control characters are escaped as in JSON, and what exceeds `lengthMax` characters is cut. */
export function printable(text: string, lengthMax = Number.POSITIVE_INFINITY): string {
  const isCut = text.length > lengthMax;
  const shown = isCut ? text.slice(0, lengthMax) : text;
  return shown.replaceAll(steering, escape) + (isCut ? `… (${text.length} characters)` : "");
}

/** Returns untrusted text of several lines. All but the first are indented, so that none looks like a line of our own. */
export function printableLines(text: string): string {
  return linesOf(text).join("\n  ");
}

const linesOf = (text: string): readonly string[] =>
  text.split(/\r?\n/).map((line) => printable(line.replaceAll("\t", "  ")));

/** Makes every string of a value printable; members named in `manyLines` keep their line breaks. */
export function printableParts<Value>(value: Value, manyLines: ReadonlySet<string> = new Set()): Value {
  const made = (part: unknown, name = ""): unknown => {
    if (typeof part === "string") return manyLines.has(name) ? linesOf(part).join("\n") : printable(part);
    if (Array.isArray(part)) return part.map((one) => made(one));
    if (typeof part !== "object" || part === null || part instanceof Date) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, made(member, name)]));
  };
  return made(value) as Value; // the same members, and strings where there were strings
}

const short: Readonly<Record<string, string>> = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r" };

const escape = (character: string): string =>
  short[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
