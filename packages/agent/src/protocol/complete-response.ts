// The answers to calls are small, and nobody wants to see a part of one.

/** An answer that is there to its last byte. */
export interface CompleteResponse {
  readonly status: number;
  readonly body: Buffer;
  /** Whether another call may follow on the connection. */
  readonly isKept: boolean;
}

const headEnd = "\r\n\r\n";

/** Reads an answer from its first byte on; undefined when it has not ended yet. `isClosed` tells that nothing more will come. Throws when it is none. */
export function readCompleteResponse(bytes: Buffer, isClosed: boolean): CompleteResponse | undefined {
  const end = bytes.indexOf(headEnd, 0, "latin1");
  if (end < 0) return undefined;
  const [first = "", ...rows] = bytes.toString("latin1", 0, end).split("\r\n");
  const [, minor, status] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(first) ?? [];
  if (status === undefined) throw new Error("the answer is not HTTP");
  const rest = bytes.subarray(end + headEnd.length);
  if (status.startsWith("1")) return readCompleteResponse(rest, isClosed); // the answer is still to come
  const headers = readHeaders(rows);
  const found = bodyOf(rest, { headers, hasNone: status === "204" || status === "304", isClosed });
  if (found === undefined) return undefined;
  const isLast = minor === "0" || isClosed || headers.get("connection")?.toLowerCase() === "close";
  // What comes unasked belongs to no call.
  return { status: Number(status), body: found.body, isKept: !isLast && found.length === rest.length };
}

/** Values by lower-case name. Throws when one that says how long the answer is comes twice: who reads it otherwise than its sender takes a part of it for the next one. */
function readHeaders(rows: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const row of rows) {
    const colon = row.indexOf(":");
    const key = row.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key) || /[\r\n]/.test(row))
      throw new Error("the answer has a line that is no header");
    if (headers.has(key) && (key === "content-length" || key === "transfer-encoding"))
      throw new Error(`the answer has two headers "${key}"`);
    headers.set(key, withoutBlanks(row, colon + 1));
  }
  return headers;
}

/** The end of a line, without what is blank around it. */
function withoutBlanks(row: string, start: number): string {
  const isBlank = (at: number) => row[at] === " " || row[at] === "\t";
  let [from, to] = [start, row.length];
  while (from < to && isBlank(from)) from++;
  while (to > from && isBlank(to - 1)) to--;
  return row.slice(from, to);
}

interface Found {
  readonly body: Buffer;
  /** Bytes that it takes on the wire. */
  readonly length: number;
}

function bodyOf(
  rest: Buffer,
  about: { readonly headers: ReadonlyMap<string, string>; readonly hasNone: boolean; readonly isClosed: boolean },
): Found | undefined {
  if (about.hasNone) return { body: rest.subarray(0, 0), length: 0 };
  const encoding = about.headers.get("transfer-encoding");
  const length = about.headers.get("content-length");
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== "chunked" || length !== undefined)
      throw new Error(`the answer has the transfer encoding "${encoding}"`);
    return readChunks(rest);
  }
  if (length === undefined) return about.isClosed ? { body: rest, length: rest.length } : undefined;
  if (!/^\d{1,15}$/.test(length)) throw new Error(`the answer has the length "${length}"`);
  return rest.length < Number(length) ? undefined : { body: rest.subarray(0, Number(length)), length: Number(length) };
}

function readChunks(bytes: Buffer): Found | undefined {
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

/** Lines may follow the last chunk, up to an empty one. */
function afterTrailers(bytes: Buffer, start: number, chunks: readonly Buffer[]): Found | undefined {
  for (let at = start; ;) {
    const line = bytes.indexOf("\r\n", at, "latin1");
    if (line < 0) return undefined;
    if (line === at) return { body: Buffer.concat(chunks), length: line + 2 };
    at = line + 2;
  }
}
