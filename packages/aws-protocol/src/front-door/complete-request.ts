// Most requests by far are small, signed, and come in one piece: an SDK's calls, and those of agents. They are read here, in
// one go. Anything less plain is "other" and read by Node's own server: nothing is refused here.
import type { IncomingHttpHeaders } from "node:http";
import { parseFields } from "../http-head.ts";

/** A request of which every byte is there. */
export interface CompleteRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Bytes of head and body. */
  readonly length: number;
}

/** Longest request that is read in one go, in bytes: a few times what agents and ordinary calls send. */
export const completeRequestBytesMax = 64 * 1024;

const requestLine = "POST / HTTP/1.1\r\n";
const headEnd = "\r\n\r\n";

/** Headers that change how a message is read, or what becomes of its connection. */
const unsupported: ReadonlySet<string> = new Set(["transfer-encoding", "expect", "upgrade", "trailer", "te"]);

/** Reads a request from its first byte on. Returns "more" when its end has not come, "other" when Node's server has to read it. */
export function readCompleteRequest(bytes: Buffer): CompleteRequest | "more" | "other" {
  if (bytes.toString("latin1", 0, requestLine.length) !== requestLine.slice(0, bytes.length)) return "other";
  const end = bytes.indexOf(headEnd, 0, "latin1");
  if (end < 0) return bytes.length < completeRequestBytesMax ? "more" : "other";
  const headers = readHeaders(bytes.toString("latin1", requestLine.length, end + 2));
  if (headers === undefined || !isPlain(headers)) return "other";
  const body = end + headEnd.length;
  const length = body + Number(headers["content-length"]);
  if (length > completeRequestBytesMax) return "other";
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

/** What headers inherit: nothing, so that one may have any name, "__proto__" too. Objects without any prototype would be slower to fill. */
const nothing: object = Object.freeze(Object.create(null));

/** Undefined when a line is no header, a name comes twice, or the framing is not the plain one. */
function readHeaders(text: string): IncomingHttpHeaders | undefined {
  const fields = parseFields(text, 0);
  if (typeof fields === "string") return undefined;
  const headers = Object.create(nothing) as Record<string, string>; // only text is put in
  for (const { key, value } of fields) {
    if (headers[key] !== undefined || unsupported.has(key)) return undefined;
    headers[key] = value;
  }
  return headers;
}
