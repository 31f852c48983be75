// What the heads of requests and responses have in common. Whatever two programs could read differently is refused, so that
// no request can be smuggled past the load balancer: lines end in CRLF, names are tokens, and the framing of a body is given once.

/** The end of a head. */
export const headEnd = Buffer.from("\r\n\r\n");

/** AWS's limit on one line of a head, in bytes. */
export const lineBytesMax = 16 * 1024;

/** One header as it came, and the name by which it is looked up. */
export interface Field {
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  readonly value: string;
}

/** Error statuses that the load balancer itself responds with. */
export type ErrorStatus = 400 | 405 | 408 | 414 | 501 | 502 | 503 | 504 | 505;

/** A message that is not HTTP, or too ambiguous to be passed on. */
export class BadMessage extends Error {
  /** The response to a client that has sent it. */
  readonly status: ErrorStatus;

  constructor(message: string, status: ErrorStatus = 400) {
    super(message);
    this.status = status;
  }
}

/** A token, such as a method or the name of a header. */
export const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Characters that a header's value may not have. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[^\t\x20-\x7e\x80-\xff]/;

/** Returns the headers of a head from a position on. Each line ends in CRLF. */
export function parseFields(text: string, from: number): readonly Field[] {
  const fields: Field[] = [];
  for (let at = from; at < text.length;) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (end === -1 || colon === -1 || colon > end) throw new BadMessage("A header has no colon");
    if (end - at > lineBytesMax) throw new BadMessage("A header is too long");
    const name = text.slice(at, colon);
    const value = trimmed(text, colon + 1, end);
    if (!token.test(name) || forbidden.test(value))
      throw new BadMessage("A header has characters that are not allowed");
    fields.push({ name, key: name.toLowerCase(), value });
    at = end + 2;
  }
  return fields;
}

/** Returns a part of a text without the spaces and tabs around it; `trim` would remove other characters too. */
function trimmed(text: string, from: number, to: number): string {
  let [begin, end] = [from, to];
  while (begin < end && isSpace(text.charCodeAt(begin))) begin += 1;
  while (end > begin && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(begin, end);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

/** What the headers of a message say about its body and its connection. */
export interface Framing {
  /** In bytes. Undefined where the headers do not say. */
  readonly length: number | "chunked" | undefined;
  /** The values of `Connection`, in lower case; among them names of headers that are not passed on. */
  readonly options: ReadonlySet<string> | undefined;
}

/** Reads how a message is framed. Throws BadMessage where that is given twice, or not supported. */
export function framingOf(fields: readonly Field[], isOld: boolean): Framing {
  let [length, coding, options]: [string?, string?, string?] = [];
  for (const { key, value } of fields) {
    if (key === "content-length") {
      if (length !== undefined) throw new BadMessage("There are two lengths");
      length = value;
    } else if (key === "transfer-encoding") {
      if (coding !== undefined) throw new BadMessage("There are two transfer codings");
      coding = value;
    } else if (key === "connection") options = options === undefined ? value : `${options},${value}`;
  }
  if (coding !== undefined) {
    if (length !== undefined || isOld) throw new BadMessage("There is a transfer coding where none may be");
    if (coding.toLowerCase() !== "chunked") throw new BadMessage("The transfer coding is not chunked", 501);
    return { length: "chunked", options: optionsOf(options) };
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new BadMessage("The length is no number");
  return { length: length === undefined ? undefined : Number(length), options: optionsOf(options) };
}

const keepAlive: ReadonlySet<string> = new Set(["keep-alive"]);
const close: ReadonlySet<string> = new Set(["close"]);

function optionsOf(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined) return undefined;
  const lower = connection.toLowerCase();
  if (lower === "keep-alive") return keepAlive;
  if (lower === "close") return close;
  return new Set(lower.split(",").map((option) => option.trim()));
}

/** Whether the connection stays open after a message of this version with these options. */
export function keepsConnection(isOld: boolean, options: ReadonlySet<string> | undefined): boolean {
  if (options === undefined) return !isOld;
  return !options.has("close") && (!isOld || options.has("keep-alive"));
}

/** Returns the value of a header; several of one name are joined by commas (RFC 9110, section 5.2). */
export function valueOf(fields: readonly Field[], key: string): string | undefined {
  let found: string | undefined;
  for (const field of fields)
    if (field.key === key) found = found === undefined ? field.value : `${found}, ${field.value}`;
  return found;
}
