import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { ownFileMode } from "../../files/atomic-file.ts";
import { RequestRefused, TransientError } from "../../protocol/request-errors.ts";

/** A file that is downloaded, in several pieces if connections break. It appears when it is complete. */
export class PartialDownload {
  readonly #file: string;
  readonly #partial: string;
  /** The version that the downloaded bytes belong to. */
  #eTag: string | undefined;
  #bytes = 0;
  #furthest = 0;
  /** The expected digest, in hex. */
  readonly #sha256: string | undefined;
  /** The digest of the downloaded bytes. */
  #hash: Hash | undefined;

  /** With a SHA-256 in hex, the file appears only if it has this digest. */
  constructor(file: string, sha256?: string) {
    this.#file = file;
    this.#partial = `${file}.part`;
    this.#sha256 = sha256;
  }

  /** The headers of a request for the missing bytes. Without a strong ETag the whole file is requested: two pieces could be of different versions. */
  get headers(): Readonly<Record<string, string>> {
    if (this.#bytes === 0 || this.#eTag?.startsWith('"') !== true) return {};
    return { range: `bytes=${this.#bytes}-`, "if-match": this.#eTag };
  }

  /** Throws when the status of a response to a request with these headers says that the file has changed: the next attempt starts from the beginning. */
  check({ statusCode }: IncomingMessage, headers: Readonly<Record<string, string>>): void {
    if (headers["range"] !== undefined && (statusCode === 412 || statusCode === 416))
      throw this.#startAfresh("it has changed since its first piece came");
  }

  /** Writes the content of a response with status 200 or 206, and calls `progressed` when there is more of the file than ever before. Throws when the response ends early; what has come is kept. */
  async take(response: IncomingMessage, progressed: () => void): Promise<void> {
    const total = this.#begin(response);
    if (this.#bytes === 0 && this.#sha256 !== undefined) this.#hash = createHash("sha256");
    const file = await open(this.#partial, this.#bytes === 0 ? "w" : "r+", ownFileMode);
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        await writeWhole(file, chunk, this.#bytes);
        this.#hash?.update(chunk);
        this.#bytes += chunk.length;
        if (this.#bytes > this.#furthest) progressed();
        this.#furthest = Math.max(this.#furthest, this.#bytes);
      }
    } finally {
      await file.close();
    }
    if (total !== undefined && this.#bytes < total)
      throw new TransientError(`${this.#bytes} of ${total} bytes have come`);
    if (total !== undefined && this.#bytes > total) throw this.#startAfresh("more of it came than there is");
    this.#checkDigest();
    await rename(this.#partial, this.#file);
  }

  /** Deletes what has come of an incomplete file. */
  async drop(): Promise<void> {
    await rm(this.#partial, { force: true });
  }

  #checkDigest(): void {
    const found = this.#hash?.digest("hex");
    if (found !== this.#sha256)
      throw new RequestRefused(
        `Cannot trust the bundle that has come: its SHA-256 is ${found}, and the control plane has signed ${this.#sha256}. Somebody has changed it on the way, or it was written anew meanwhile; then deploy again`,
      );
  }

  /** Starts a response, and returns the size of the whole file if the response names it. A server without ranges sends the file from its beginning. */
  #begin(response: IncomingMessage): number | undefined {
    const { etag, "content-range": range = "" } = response.headers;
    if (response.statusCode !== 206) {
      this.#bytes = 0;
      this.#eTag = etag;
      return undefined;
    }
    const [, start, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(range) ?? [];
    if (Number(start) === this.#bytes && (etag === undefined || etag === this.#eTag)) return Number(total);
    response.destroy();
    throw this.#startAfresh(`a piece of it came that is not the next one: ${JSON.stringify(range.slice(0, 100))}`);
  }

  #startAfresh(because: string): TransientError {
    this.#bytes = 0;
    this.#eTag = undefined;
    return new TransientError(because);
  }
}

async function writeWhole(file: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, at + written);
    written += bytesWritten;
  }
}
