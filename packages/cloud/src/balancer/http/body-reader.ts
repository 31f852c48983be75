import { BadMessage, headersOf } from "./message-head.ts";

/** Longest line before a chunk, and longest trailer, in bytes. Both are dropped, so nobody needs longer ones. */
const sizeLineMax = 256;
const trailerMax = 16 * 1024;

/** Takes a body, piece by piece. */
export interface BodySink {
  takePiece(bytes: Buffer): void;
}

/** Finds where a body ends, and removes its chunk framing. */
export class BodyReader {
  #state: "bytes" | "size" | "chunk" | "after chunk" | "trailer" | "until close" | "complete";
  /** Bytes that are still to come, of the body or of a chunk. */
  #left = 0;
  /** A line whose end has not come. */
  #line = "";
  #trailerBytes = 0;

  constructor(length: number | "chunked" | "until close") {
    if (typeof length === "number") {
      this.#left = length;
      this.#state = length === 0 ? "complete" : "bytes";
    } else this.#state = length === "chunked" ? "size" : length;
  }

  get isComplete(): boolean {
    return this.#state === "complete";
  }

  /** Whether the end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#state === "until close";
  }

  /** Passes on what belongs to the body, from a position on. Returns the position behind it. */
  read(bytes: Buffer, from: number, sink: BodySink): number {
    let at = from;
    while (at < bytes.length && this.#state !== "complete") {
      if (this.#state === "until close") {
        sink.takePiece(at === 0 ? bytes : bytes.subarray(at));
        return bytes.length;
      }
      at = this.#state === "bytes" || this.#state === "chunk" ? this.#piece(bytes, at, sink) : this.#framing(bytes, at);
    }
    return at;
  }

  #piece(bytes: Buffer, at: number, sink: BodySink): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#state = this.#state === "bytes" ? "complete" : "after chunk";
    sink.takePiece(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    return end;
  }

  /** Reads to the end of a line, and does what the line says. */
  #framing(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(0x0a, at);
    const end = found === -1 ? bytes.length : found + 1;
    if (this.#line.length + end - at > (this.#state === "trailer" ? trailerMax : sizeLineMax))
      throw new BadMessage("A line of the body's framing is too long");
    this.#line += bytes.toString("latin1", at, end);
    if (found === -1) return end;
    const line = this.#line;
    this.#line = "";
    if (!line.endsWith("\r\n")) throw new BadMessage("A line of the body's framing must end in CRLF");
    if (this.#state === "size") this.#beginChunk(line);
    else if (this.#state === "trailer") this.#takeTrailer(line);
    else if (line === "\r\n") this.#state = "size";
    else throw new BadMessage("A chunk is longer than it says");
    return end;
  }

  #beginChunk(line: string): void {
    const size = /^([0-9a-f]{1,8})[\t ]*(?:;[\t -~\x80-\xff]*)?\r\n$/i.exec(line)?.[1];
    if (size === undefined) throw new BadMessage("The size of a chunk is not valid");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailer" : "chunk";
  }

  #takeTrailer(line: string): void {
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > trailerMax) throw new BadMessage("The trailer is too long");
    if (line === "\r\n") this.#state = "complete";
    else headersOf(line, 0); // it must be valid, and is dropped
  }
}
