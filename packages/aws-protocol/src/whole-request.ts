// Most requests by far are small, signed, and come in one piece: an SDK's calls, and what agents say. They are read here, in
// one go. Whatever is not as plain as that is "other", and Node's own server reads it: nothing is refused here.
import type { IncomingHttpHeaders } from "node:http";

/** A request that is there to its last byte. */
export interface WholeRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Bytes of head and body. */
  readonly length: number;
}

/** Longest request that is read in one go, in bytes: a few times what agents and ordinary calls send. */
export const wholeBytesMax = 64 * 1024;

const start = "POST / HTTP/1.1\r\n";
const headEnd = "\r\n\r\n";

/** Headers that change how a message is read, or what becomes of its connection. */
const framing: ReadonlySet<string> = new Set(["transfer-encoding", "expect", "upgrade", "trailer", "te"]);

/** Reads a request from its first byte on: "more" when it has not ended yet, "other" when it is for Node's server. */
export function readWhole(bytes: Buffer): WholeRequest | "more" | "other" {
  if (bytes.toString("latin1", 0, start.length) !== start.slice(0, bytes.length)) return "other";
  const end = bytes.indexOf(headEnd, 0, "latin1");
  if (end < 0) return bytes.length < wholeBytesMax ? "more" : "other";
  const headers = readHeaders(bytes.toString("latin1", start.length, end));
  if (headers === undefined || !isPlain(headers)) return "other";
  const body = end + headEnd.length;
  const length = body + Number(headers["content-length"]);
  if (length > wholeBytesMax) return "other";
  return length > bytes.length ? "more" : { headers, body: bytes.subarray(body, length), length };
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  const { host, connection, authorization, "content-length": length } = headers;
  return (
    host !== undefined &&
    authorization?.startsWith("AWS4-HMAC-SHA256 ") === true &&
    (connection === undefined || connection.toLowerCase() === "keep-alive") &&
    /^\d{1,6}$/.test(length ?? "")
  );
}

/** What no header's text may hold: control characters, and what is more than a byte. */
export const noText = /[^\t\x20-\x7e\x80-\xff]/;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Names of headers as they come, and in lower case: the same few come again and again. */
const names = new Map<string, string>();
const namesMax = 1_000;
/** Longer names than this are not kept: whoever sends them need not have a key. */
const nameLengthMax = 64;

/** What headers inherit: nothing, so that one may have any name, "__proto__" too. Objects without any prototype would be slower to fill. */
const nothing: object = Object.freeze(Object.create(null));

/** Undefined where a line is no header, a name comes twice, or the message's framing is not the plain one. */
function readHeaders(text: string): IncomingHttpHeaders | undefined {
  const headers = Object.create(nothing) as Record<string, string>; // only text is put in
  for (const row of text.split("\r\n")) {
    const colon = row.indexOf(":");
    const name = lowerCase(row.slice(0, Math.max(colon, 0)));
    if (name === undefined || headers[name] !== undefined || framing.has(name) || noText.test(row)) return undefined;
    headers[name] = withoutBlanks(row, colon + 1);
  }
  return headers;
}

/** The end of a line, without what is blank around it. */
function withoutBlanks(row: string, start: number): string {
  let [from, to] = [start, row.length];
  while (from < to && isBlank(row.charCodeAt(from))) from++;
  while (to > from && isBlank(row.charCodeAt(to - 1))) to--;
  return row.slice(from, to);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** Undefined when it is no name. */
function lowerCase(name: string): string | undefined {
  const known = names.get(name);
  if (known !== undefined || !token.test(name)) return known;
  const lower = name.toLowerCase();
  if (names.size < namesMax && name.length <= nameLengthMax) names.set(name, lower);
  return lower;
}
