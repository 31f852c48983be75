// What others wrote, as text for a terminal, a log or a record: it can neither steer what shows it nor begin a line of its own.

/** Control characters, separators of lines, and what turns the direction of writing; and halves of characters, which no UTF-8 can say. */
const steering = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A text of others in one line: what could steer is written as JSON escapes it, and after so many characters it is cut. */
export function printable(text: string, lengthMax = Number.POSITIVE_INFINITY): string {
  const isCut = text.length > lengthMax;
  const shown = isCut ? text.slice(0, lengthMax) : text;
  return shown.replaceAll(steering, escape) + (isCut ? `… (${text.length} characters)` : "");
}

/** A text of others that may have several lines. All but the first are set in, so that none looks like what stands around them. */
export function printableLines(text: string): string {
  return linesOf(text).join("\n  ");
}

const linesOf = (text: string): readonly string[] =>
  text.split(/\r?\n/).map((line) => printable(line.replaceAll("\t", "  ")));

/** Whatever was made of texts of others, with each of them printable; members of some names keep their lines. */
export function printableParts<Value>(value: Value, manyLines: ReadonlySet<string> = new Set()): Value {
  const made = (part: unknown, name = ""): unknown => {
    if (typeof part === "string") return manyLines.has(name) ? linesOf(part).join("\n") : printable(part);
    if (Array.isArray(part)) return part.map((one) => made(one));
    if (typeof part !== "object" || part === null || part instanceof Date) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, made(member, name)]));
  };
  return made(value) as Value; // the same members, and texts where there were texts
}

const short: Readonly<Record<string, string>> = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r" };

const escape = (character: string): string =>
  short[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
