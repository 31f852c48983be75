// What the heads of requests and answers have in common. Whatever two programs could read differently is refused, so that
// nobody smuggles a request past the load balancer: lines end in CRLF, names are tokens, and how a body is framed is said once.

/** The end of a head. */
export const headEnd = Buffer.from("\r\n\r\n");

/** AWS's limit of one line of a head, in bytes. */
export const lineBytesMax = 16 * 1024;

/** One header as it came, and the name by which it is looked up. */
export interface Field {
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  readonly value: string;
}

/** Statuses with which the load balancer itself answers. */
export type TroubleStatus = 400 | 405 | 408 | 414 | 501 | 502 | 503 | 504 | 505;

/** A message that is not HTTP, or not plain enough to be passed on. */
export class BadMessage extends Error {
  /** How a client is answered that has sent it. */
  readonly status: TroubleStatus;

  constructor(message: string, status: TroubleStatus = 400) {
    super(message);
    this.status = status;
  }
}

/** A token, such as a method or the name of a header. */
export const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What no header's value has, nor may be made to carry on. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[^\t\x20-\x7e\x80-\xff]/;

/** The headers of a head, each line of which ends in CRLF, from a position on. */
export function parseFields(text: string, from: number): readonly Field[] {
  const fields: Field[] = [];
  for (let at = from; at < text.length;) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (end === -1 || colon === -1 || colon > end) throw new BadMessage("A header has no colon");
    if (end - at > lineBytesMax) throw new BadMessage("A header is too long");
    const name = text.slice(at, colon);
    const value = trimmed(text, colon + 1, end);
    if (!token.test(name) || forbidden.test(value)) throw new BadMessage("A header has characters that may not be");
    fields.push({ name, key: name.toLowerCase(), value });
    at = end + 2;
  }
  return fields;
}

/** A part of a text without the spaces and tabs around it: `trim` would take more. */
function trimmed(text: string, from: number, to: number): string {
  let [begin, end] = [from, to];
  while (begin < end && isBlank(text.charCodeAt(begin))) begin += 1;
  while (end > begin && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(begin, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** What the headers of a message say of its body and its connection. */
export interface Framing {
  /** Undefined where nothing is said. */
  readonly length: number | "chunked" | undefined;
  /** Options of the connection, in lower case: names of headers that go no further, among others. */
  readonly options: ReadonlySet<string> | undefined;
}

/** Reads how a message is framed. Refused where it is said twice, or in a way that is not served. */
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

/** Whether the connection stays open after this message, as its version and options have it. */
export function keepsConnection(isOld: boolean, options: ReadonlySet<string> | undefined): boolean {
  if (options === undefined) return !isOld;
  return !options.has("close") && (!isOld || options.has("keep-alive"));
}

/** The value of a header; several of one name are joined, as the standard has it. */
export function valueOf(fields: readonly Field[], key: string): string | undefined {
  let found: string | undefined;
  for (const field of fields)
    if (field.key === key) found = found === undefined ? field.value : `${found}, ${field.value}`;
  return found;
}
