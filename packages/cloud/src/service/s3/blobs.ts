import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { randomHex } from "../../random.ts";

/** Bytes that have been stored. */
export interface Blob {
  readonly id: string;
  readonly size: number;
  /** In hex. */
  readonly md5: string;
  /** In base64. */
  readonly crc32: string;
}

/** A span of bytes, both ends included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Blobs whose SHA-256 is kept in memory: more than there are revisions being deployed at once. */
const sha256Max = 1_000;

/** Files with names of the cloud's own making: an object's key never becomes a path. */
export class Blobs {
  readonly #folder: string;
  /** SHA-256 of blobs that was asked for, in hex, the oldest first. A blob's bytes never change. */
  readonly #sha256 = new Map<string, Promise<string>>();
  /** The readers of a blob. */
  readonly #readers = new Map<string, number>();
  /** Blobs to delete once their last reader is done. */
  readonly #unwanted = new Set<string>();
  #isKeepingAll = false;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Stores what a stream gives, and forces it to the disk. Leaves nothing behind when the stream fails. */
  async store(content: Readable): Promise<Blob> {
    const id = randomHex(16);
    const md5 = createHash("md5");
    let size = 0;
    let sum = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        md5.update(chunk);
        sum = crc32(chunk, sum);
        size += chunk.length;
        done(null, chunk);
      },
    });
    const path = this.#path(id);
    mkdirSync(dirname(path), { recursive: true });
    try {
      await pipeline(content, measure, createWriteStream(path, { flush: true }));
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
    const sumBytes = Buffer.alloc(4);
    sumBytes.writeUInt32BE(sum);
    return { id, size, md5: md5.digest("hex"), crc32: sumBytes.toString("base64") };
  }

  /** Makes one blob of others, in order. They may be deleted meanwhile. */
  async join(ids: readonly string[]): Promise<Blob> {
    const parts = async function* (open: (id: string) => Readable) {
      for (const id of ids) yield* open(id) as AsyncIterable<Buffer>;
    };
    const content = parts((id) => this.read(id));
    for (const id of ids) this.#hold(id);
    try {
      return await this.store(Readable.from(content, { objectMode: false }));
    } finally {
      for (const id of ids) this.#release(id);
    }
  }

  /** Returns the bytes of a blob, or a span of them. It may be deleted meanwhile: the file is opened some time after this. */
  read(id: string, span?: Span): Readable {
    this.#hold(id);
    return createReadStream(this.#path(id), span).once("close", () => this.#release(id));
  }

  /** Returns the SHA-256 of a blob, in hex. Its bytes are read for it once. */
  sha256(id: string): Promise<string> {
    const known = this.#sha256.get(id);
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    const found = pipeline(this.read(id), hash).then(() => hash.digest("hex"));
    this.#sha256.set(id, found);
    found.catch(() => this.#sha256.delete(id));
    const [oldest] = this.#sha256.keys();
    if (this.#sha256.size > sha256Max && oldest !== undefined) this.#sha256.delete(oldest);
    return found;
  }

  /** Keeps the file of each blob that is deleted from now on until the returned function is called. */
  keepAll(): () => void {
    this.#isKeepingAll = true;
    return () => {
      this.#isKeepingAll = false;
      for (const id of [...this.#unwanted]) if (!this.#readers.has(id)) this.#remove(id);
    };
  }

  /** Deletes blobs: at once, or when their last reader is done. */
  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids)
      if (this.#isKeepingAll || this.#readers.has(id)) this.#unwanted.add(id);
      else rmSync(this.#path(id), { force: true });
  }

  /** Deletes files that nothing refers to: a kill between two steps leaves some. */
  sweep(isKnown: (id: string) => boolean): void {
    for (const group of readdirSync(this.#folder))
      for (const id of readdirSync(join(this.#folder, group)))
        if (!isKnown(id)) rmSync(join(this.#folder, group, id), { force: true });
  }

  #hold(id: string): void {
    this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
  }

  #release(id: string): void {
    const left = (this.#readers.get(id) ?? 1) - 1;
    if (left > 0) return void this.#readers.set(id, left);
    this.#readers.delete(id);
    if (!this.#isKeepingAll && this.#unwanted.has(id)) this.#remove(id);
  }

  #remove(id: string): void {
    this.#unwanted.delete(id);
    rmSync(this.#path(id), { force: true });
  }

  #path(id: string): string {
    return join(this.#folder, id.slice(0, 2), id);
  }
}
