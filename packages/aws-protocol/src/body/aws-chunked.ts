import { createHash, type Hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Transform, type TransformCallback } from "node:stream";
import { createChecksum, type Checksum } from "./checksum.ts";
import { Fault } from "../fault.ts";
import { sha256Hex, signText } from "../signature/signature-v4.ts";
import type { VerifiedSignature } from "../signature/verify-signature.ts";

/** Longest framing line, in bytes: a chunk's head with its signature has about a hundred. */
const lineBytesMax = 4_096;

/** Longest chunk, in bytes. AWS's clients send 64 KiB to 1 MiB. */
const chunkBytesMax = 256 * 1024 * 1024;

const emptyHash = sha256Hex("");

/** Removes aws-chunked framing from a body, and verifies its chunk signatures and trailing checksum if it has them. */
export class AwsChunked extends Transform {
  readonly #signature: VerifiedSignature;
  readonly #signed: boolean;
  readonly #trailerName: string | undefined;
  readonly #checksum: Checksum | undefined;
  #buffered: Buffer = Buffer.alloc(0);
  readonly #expectedLength: number | undefined;
  #length = 0;
  #state: "head" | "data" | "end of data" | "trailer" | "done" = "head";
  #left = 0;
  #chunkSignature = "";
  #chunkHash: Hash | undefined;
  #previousSignature: string;
  #trailers = "";
  #trailerVerified = false;
  #checksumMatched = false;

  constructor(signature: VerifiedSignature, headers: IncomingHttpHeaders) {
    super();
    this.#signature = signature;
    this.#signed = signature.payload.startsWith("STREAMING-AWS4-HMAC-SHA256");
    this.#previousSignature = signature.authorization.signature;
    this.#trailerName = oneHeader(headers["x-amz-trailer"])?.trim().toLowerCase();
    const length = oneHeader(headers["x-amz-decoded-content-length"]);
    this.#expectedLength = length === undefined ? undefined : Number(length);
    this.#checksum = this.#trailerName?.startsWith("x-amz-checksum-")
      ? createChecksum(this.#trailerName.slice("x-amz-checksum-".length))
      : undefined;
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#buffered = this.#buffered.length === 0 ? bytes : Buffer.concat([this.#buffered, bytes]);
      while (this.#step());
      done();
    } catch (error) {
      done(error as Error); // #step throws Faults only
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      // The last line may lack its line break: some clients end the body after the last trailer.
      if (this.#state === "trailer" || this.#state === "done")
        for (const line of this.#buffered.toString("latin1").split("\r\n")) this.#readTrailer(line);
      this.#checkEnd();
      done();
    } catch (error) {
      done(error as Error); // as above
    }
  }

  #checkEnd(): void {
    const hasEnded = this.#state === "trailer" || this.#state === "done";
    if (!hasEnded || (this.#expectedLength !== undefined && this.#expectedLength !== this.#length))
      throw new Fault(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
      );
    const isVerified =
      (this.#checksum === undefined || this.#checksumMatched) &&
      (!this.#needsTrailerSignature() || this.#trailerVerified);
    if (!isVerified)
      throw new Fault(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
      );
  }

  /** Consumes one piece of the buffer. Returns false when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case "head":
        return this.#line((line) => this.#openChunk(line));
      case "data":
        return this.#passData();
      case "end of data":
        return this.#line((line) => {
          if (line !== "") throw malformedFraming("text after a chunk");
          this.#state = "head";
        });
      case "trailer":
        return this.#line((line) => {
          if (line === "") this.#state = this.#trailers === "" && this.#trailerName !== undefined ? "trailer" : "done";
          else this.#readTrailer(line);
        });
      case "done":
        if (this.#buffered.length > 0 && this.#buffered.toString("latin1").trim() !== "")
          return this.#line((line) => this.#readTrailer(line));
        return false;
    }
  }

  #line(read: (line: string) => void): boolean {
    const end = this.#buffered.indexOf("\r\n");
    if (end > lineBytesMax || (end < 0 && this.#buffered.length > lineBytesMax))
      throw malformedFraming(`a line of more than ${lineBytesMax} bytes`);
    if (end < 0) return false;
    const line = this.#buffered.toString("latin1", 0, end);
    this.#buffered = this.#buffered.subarray(end + 2);
    read(line);
    return true;
  }

  #openChunk(line: string): void {
    const [, size, signature = ""] = /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line) ?? [];
    if (size === undefined) throw malformedFraming("a chunk's head without a size");
    this.#left = Number.parseInt(size, 16);
    if (this.#left > chunkBytesMax) throw malformedFraming(`a chunk of more than ${chunkBytesMax} bytes`);
    this.#chunkSignature = signature;
    if (this.#signed) this.#chunkHash = createHash("sha256");
    if (this.#left > 0) this.#state = "data";
    else {
      this.#verifyChunk();
      this.#state = this.#trailerName === undefined ? "done" : "trailer";
    }
  }

  #passData(): boolean {
    if (this.#buffered.length === 0) return false;
    const part = this.#buffered.subarray(0, this.#left);
    this.#buffered = this.#buffered.subarray(part.length);
    this.#left -= part.length;
    this.#length += part.length;
    this.#chunkHash?.update(part);
    this.#checksum?.update(part);
    this.push(part);
    if (this.#left === 0) {
      this.#verifyChunk();
      this.#state = "end of data";
    }
    return true;
  }

  #verifyChunk(): void {
    if (!this.#signed) return;
    this.#verifySignature(
      "AWS4-HMAC-SHA256-PAYLOAD",
      [emptyHash, this.#chunkHash?.digest("hex") ?? emptyHash],
      this.#chunkSignature,
    );
  }

  #verifySignature(kind: string, hashes: readonly string[], found: string): void {
    const { authorization, signingKey } = this.#signature;
    const expected = signText(
      signingKey,
      [kind, authorization.time, authorization.scope, this.#previousSignature, ...hashes].join("\n"),
    );
    if (expected !== found)
      throw new Fault(
        "SignatureDoesNotMatch",
        "The chunk signature we calculated does not match the signature you provided.",
        { status: 403 },
      );
    this.#previousSignature = expected;
  }

  #readTrailer(line: string): void {
    if (line === "") return;
    const [name = "", value = ""] = line.split(/:(.*)/, 2).map((part) => part.trim());
    if (name.toLowerCase() === "x-amz-trailer-signature") {
      this.#verifySignature("AWS4-HMAC-SHA256-TRAILER", [sha256Hex(this.#trailers)], value);
      this.#trailerVerified = true;
      return;
    }
    this.#trailers += `${name.toLowerCase()}:${value}\n`;
    if (this.#trailers.length > lineBytesMax) throw malformedFraming("too many trailers");
    if (name.toLowerCase() !== this.#trailerName || this.#checksum === undefined) return;
    if (this.#checksum.base64() !== value) throw checksumMismatch(name);
    this.#checksumMatched = true;
  }

  #needsTrailerSignature(): boolean {
    return this.#signature.payload === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
  }
}

/** The fault of a checksum that does not match the received bytes. */
export function checksumMismatch(header: string): Fault {
  return new Fault(
    "BadDigest",
    `The ${header.replace(/^x-amz-checksum-/i, "").toUpperCase()} you specified did not match the calculated checksum.`,
  );
}

const oneHeader = (value: string | readonly string[] | undefined) => (typeof value === "string" ? value : value?.[0]);

const malformedFraming = (what: string) =>
  new Fault("InvalidChunkSizeError", `Cannot read the aws-chunked body: found ${what}`);
