import { type Field, type FramingFault, framingOf, parseFields } from "@sluice/aws-protocol/http-head";

// Responses to calls are small, and a part of one is of no use. So they are parsed once they are complete.

/** A response that has arrived completely. */
export interface CompleteResponse {
  readonly status: number;
  readonly body: Buffer;
  /** Whether the connection can be used for another call. */
  readonly isKept: boolean;
}

const headEnd = "\r\n\r\n";

/** Parses a response. Returns undefined while it is incomplete. `isClosed`: nothing more will arrive. Throws when it is not HTTP or its framing is ambiguous. */
export function readCompleteResponse(bytes: Buffer, isClosed: boolean): CompleteResponse | undefined {
  const end = bytes.indexOf(headEnd, 0, "latin1");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end + 2);
  const lineEnd = head.indexOf("\r\n");
  const [, minor, status] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(head.slice(0, lineEnd)) ?? [];
  if (status === undefined) throw new Error("the answer is not HTTP");
  const rest = bytes.subarray(end + headEnd.length);
  if (status.startsWith("1")) return readCompleteResponse(rest, isClosed); // an interim response
  const { length, connection } = readFraming(head, lineEnd + 2);
  const hasNoBody = status === "204" || status === "304";
  const found = hasNoBody ? noBody : bodyOf(rest, length, isClosed);
  if (found === undefined) return undefined;
  const isLast = minor === "0" || isClosed || connection?.toLowerCase() === "close";
  // Bytes after the response belong to no call. The connection is not used again then.
  return { status: Number(status), body: found.body, isKept: !isLast && found.length === rest.length };
}

function readFraming(head: string, from: number) {
  const fields = parseFields(head, from);
  if (typeof fields === "string") throw new Error("the answer has a line that is no header");
  const framing = framingOf(fields);
  if (typeof framing === "string") throw new Error(whyAmbiguous(framing, fields));
  return framing;
}

/** If sender and receiver disagree on where a response ends, a part of it is taken for the next one. */
function whyAmbiguous(fault: FramingFault, fields: readonly Field[]): string {
  const valueOf = (key: string) => fields.find((field) => field.key === key)?.value;
  switch (fault) {
    case "two lengths":
      return 'the answer has two headers "content-length"';
    case "two transfer codings":
      return 'the answer has two headers "transfer-encoding"';
    case "an invalid length":
      return `the answer has the length "${valueOf("content-length")}"`;
    case "a length beside a transfer coding":
    case "an unsupported transfer coding":
      return `the answer has the transfer encoding "${valueOf("transfer-encoding")}"`;
  }
}

interface Body {
  readonly body: Buffer;
  /** Its bytes on the wire. */
  readonly length: number;
}

const noBody: Body = { body: Buffer.alloc(0), length: 0 };

function bodyOf(rest: Buffer, length: number | "chunked" | undefined, isClosed: boolean): Body | undefined {
  if (length === "chunked") return readChunks(rest);
  if (length === undefined) return isClosed ? { body: rest, length: rest.length } : undefined;
  return rest.length < length ? undefined : { body: rest.subarray(0, length), length };
}

function readChunks(bytes: Buffer): Body | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf("\r\n", at, "latin1");
    if (line < 0) return undefined;
    const [, digits] = /^([0-9a-f]{1,8})[\t ]*(?:;|$)/i.exec(bytes.toString("latin1", at, line)) ?? [];
    if (digits === undefined) throw new Error("the answer has a chunk without a length");
    const size = Number.parseInt(digits, 16);
    const start = line + 2;
    if (size === 0) return afterTrailers(bytes, start, chunks);
    if (bytes.length < start + size + 2) return undefined;
    if (bytes.toString("latin1", start + size, start + size + 2) !== "\r\n")
      throw new Error("the answer has a chunk that is longer than it says");
    chunks.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}

/** After the last chunk there may be trailers, up to an empty line. */
function afterTrailers(bytes: Buffer, start: number, chunks: readonly Buffer[]): Body | undefined {
  for (let at = start; ;) {
    const line = bytes.indexOf("\r\n", at, "latin1");
    if (line < 0) return undefined;
    if (line === at) return { body: Buffer.concat(chunks), length: line + 2 };
    at = line + 2;
  }
}
