import { type Field, framingOf, parseFields } from "@sluice/aws-protocol/http-head";

// What the heads of requests and responses have in common. Whatever two programs could read differently is refused, so that
// no request can be smuggled past the load balancer.

/** The end of a head. */
export const headEnd = Buffer.from("\r\n\r\n");

/** AWS's limit on one line of a head, in bytes. */
export const lineBytesMax = 16 * 1024;

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

/** Returns the headers of a head from a position on. Each line ends in CRLF. Throws BadMessage. */
export function headersOf(text: string, from: number): readonly Field[] {
  const fields = parseFields(text, from, lineBytesMax);
  if (typeof fields === "string") throw new BadMessage(`A header is not valid: ${fields}`);
  return fields;
}

/** What the headers of a message say about its body and its connection. */
interface MessageFraming {
  /** Of the body, in bytes. Undefined where the headers do not say. */
  readonly length: number | "chunked" | undefined;
  /** The values of `Connection`, in lower case; among them names of headers that are not passed on. */
  readonly options: ReadonlySet<string> | undefined;
}

/** Reads how a message is framed. `isOld` says that it is HTTP/1.0, which has no transfer codings. Throws BadMessage. */
export function messageFraming(fields: readonly Field[], isOld: boolean): MessageFraming {
  const framing = framingOf(fields);
  if (typeof framing === "string")
    throw new BadMessage(
      `The message has ${framing}`,
      framing === "an unsupported transfer coding" && !isOld ? 501 : 400,
    );
  const { length, connection } = framing;
  if (length === "chunked" && isOld) throw new BadMessage("HTTP/1.0 has no transfer coding");
  return { length, options: optionsOf(connection) };
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
