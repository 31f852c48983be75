// The head of an HTTP/1.1 message (RFC 9112), for everything here that reads one itself. What two programs could read in two
// ways is a fault, so that nothing is smuggled past the reader: lines end in CRLF, names are tokens, the framing of a body is
// stated once. What a fault leads to is the caller's decision, and so is any further strictness.

/** A header field as it came, and the name by which it is looked up. */
export interface Field {
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  readonly value: string;
}

/** Why a line is no header field. */
export type FieldFault = "no colon" | "line too long" | "invalid character";

/** A method, or the name of a header. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether a text is a token, such as a method or the name of a header. */
export const isToken = (text: string): boolean => token.test(text);

const notFieldText = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether a text may be a header's value: it has no control character, and none beyond a byte. */
export const isFieldText = (text: string): boolean => !notFieldText.test(text);

/**
 * Parses the field lines of a head from `from` on. Each ends in CRLF and has at most `lineMax` characters. One character of
 * `text` stands for one byte ("latin1").
 */
export function parseFields(
  text: string,
  from: number,
  lineMax = Number.POSITIVE_INFINITY,
): readonly Field[] | FieldFault {
  const fields: Field[] = [];
  for (let at = from; at < text.length;) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (end === -1 || colon === -1 || colon > end) return "no colon";
    if (end - at > lineMax) return "line too long";
    const name = text.slice(at, colon);
    const key = lowerCase(name);
    const value = withoutBlanks(text, colon + 1, end);
    if (key === undefined || !isFieldText(value)) return "invalid character";
    fields.push({ name, key, value });
    at = end + 2;
  }
  return fields;
}

/** `trim` would take more than spaces and tabs. */
function withoutBlanks(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** Names as they came, and in lower case: the same few come again and again. */
const names = new Map<string, string>();
const namesMax = 1_000;
/** Longer names are not kept: their sender need not have a key. */
const nameLengthMax = 64;

/** Undefined when it is no token. */
function lowerCase(name: string): string | undefined {
  const known = names.get(name);
  if (known !== undefined || !isToken(name)) return known;
  const key = name.toLowerCase();
  if (names.size < namesMax && name.length <= nameLengthMax) names.set(name, key);
  return key;
}

/** What the fields of a head say of the body and the connection. */
export interface Framing {
  /** Undefined when the fields do not say it. */
  readonly length: number | "chunked" | undefined;
  /** The values of `connection`, joined by commas. */
  readonly connection: string | undefined;
}

/** Why the length of a body cannot be relied on. */
export type FramingFault =
  | "two lengths"
  | "two transfer codings"
  | "a length beside a transfer coding"
  | "an unsupported transfer coding"
  | "an invalid length";

/** Returns how a message is framed: `chunked` is the only transfer coding. */
export function framingOf(fields: readonly Field[]): Framing | FramingFault {
  let [length, coding, connection]: [string?, string?, string?] = [];
  for (const { key, value } of fields) {
    if (key === "content-length") {
      if (length !== undefined) return "two lengths";
      length = value;
    } else if (key === "transfer-encoding") {
      if (coding !== undefined) return "two transfer codings";
      coding = value;
    } else if (key === "connection") connection = connection === undefined ? value : `${connection},${value}`;
  }
  if (coding !== undefined) {
    if (length !== undefined) return "a length beside a transfer coding";
    return coding.toLowerCase() === "chunked" ? { length: "chunked", connection } : "an unsupported transfer coding";
  }
  if (length === undefined) return { length, connection };
  return /^\d{1,15}$/.test(length) ? { length: Number(length), connection } : "an invalid length";
}
