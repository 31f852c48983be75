import { createHash, type Hash } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Fault } from "@sluice/aws-protocol";
import type { Digest } from "./digest.ts";

/** Bytes that are written at a time: fewer calls than one for each chunk that comes. */
const writtenAtOnce = 1024 * 1024;

/** After so many bytes the disk begins to write them, while others come: the flush at the end has less to wait for. */
const flushedAtOnce = 16 * 1024 * 1024;

/** The longest blob, in bytes: ECR's own limit of a layer. */
const blobBytesMax = 52_000 * 1024 * 1024;

/** A file that grows, with the hash of what is in it. Memory is bounded: what comes faster than the disk takes it waits with its sender. */
export class Upload {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash("sha256");
  #size = 0;
  #flushing: Promise<void> = Promise.resolve();
  #unflushed = 0;
  #isClosed = false;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  static async begin(path: string): Promise<Upload> {
    return new Upload(path, await open(path, "wx", 0o600));
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  /** The digest of what is there. */
  digest(): Digest {
    return `sha256:${this.#hash.copy().digest("hex")}`;
  }

  /** Appends what a stream gives, and takes its chunks over. When the stream fails, what has come until then stays: a client may go on from there. */
  async append(content: AsyncIterable<Uint8Array>): Promise<void> {
    let writing: Promise<void> = Promise.resolve();
    let waiting: Uint8Array[] = [];
    let bytes = 0;
    const write = async () => {
      await writing;
      writing = this.#write(waiting, bytes);
      writing.catch(() => {}); // the next wait tells
      [waiting, bytes] = [[], 0];
    };
    try {
      for await (const chunk of content) {
        waiting.push(chunk);
        bytes += chunk.length;
        if (this.#size + bytes > blobBytesMax) throw tooLong();
        if (bytes >= writtenAtOnce) await write();
      }
    } finally {
      await write();
      await writing;
    }
  }

  /** Has everything on the disk, and closes the file. */
  async flush(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#flushing;
      await this.#file.truncate(this.#size); // a write that failed may have left a part of itself
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }

  /** Gives up: closes and deletes the file. */
  discard(): void {
    rmSync(this.path, { force: true });
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flushing.then(() => this.#file.close()).catch(() => {}); // nobody wants the file any more
  }

  async #write(chunks: readonly Uint8Array[], bytes: number): Promise<void> {
    if (bytes === 0) return;
    const written = await this.#file.writev(chunks, this.#size);
    if (written.bytesWritten !== bytes) throw new Error(`Only ${written.bytesWritten} of ${bytes} bytes were written`);
    for (const chunk of chunks) {
      this.#hash.update(chunk);
      release(chunk);
    }
    this.#size += bytes;
    this.#unflushed += bytes;
    if (this.#unflushed < flushedAtOnce) return;
    this.#unflushed = 0;
    this.#flushing = this.#flushing.then(() => this.#file.datasync());
    this.#flushing.catch(() => {}); // the flush at the end tells
  }
}

/** Gives a chunk's memory back at once: left to the collector, the chunks of a layer make it go through the whole heap every thirty megabytes. */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

const tooLong = () => new Fault("SIZE_INVALID", `A blob may have at most ${blobBytesMax} bytes`, { status: 413 });
