import { hash } from "node:crypto";

/** Bytes that SHA-256 takes at a time. */
const blockBytes = 64;
const digestBytes = 32;

/** Where a key's block and a text come together, up to this many bytes of text. */
const bufferedBytes = 1024;
const shared = Buffer.alloc(blockBytes + bufferedBytes);

/**
 * HMAC-SHA-256 (RFC 2104) with one key. It is made of two plain hashes: an object for each keyed hash, as `createHmac` gives
 * one, costs twice as much, and as much again when it is collected.
 */
export class HmacSha256 {
  readonly #inner = Buffer.alloc(blockBytes);
  /** The outer block, and the hash of the inner one with the text. */
  readonly #outer = Buffer.alloc(blockBytes + digestBytes);

  constructor(key: string | Uint8Array) {
    const bytes = Buffer.from(key);
    const block = Buffer.alloc(blockBytes);
    (bytes.length > blockBytes ? hash("sha256", bytes, "buffer") : bytes).copy(block);
    for (const [position, byte] of block.entries()) {
      this.#inner[position] = byte ^ 0x36;
      this.#outer[position] = byte ^ 0x5c;
    }
  }

  /** In hex. */
  hex(text: string): string {
    this.#hashInner(text);
    return hash("sha256", this.#outer, "hex");
  }

  bytes(text: string): Buffer {
    this.#hashInner(text);
    return hash("sha256", this.#outer, "buffer");
  }

  #hashInner(text: string): void {
    // A character takes at most three bytes of UTF-8.
    const isShort = text.length * 3 <= bufferedBytes || Buffer.byteLength(text) <= bufferedBytes;
    if (isShort) this.#inner.copy(shared);
    const content = isShort
      ? shared.subarray(0, blockBytes + shared.write(text, blockBytes))
      : Buffer.concat([this.#inner, Buffer.from(text)]);
    // As text: a buffer for each hash would have to be collected.
    this.#outer.write(hash("sha256", content, "binary"), blockBytes, "latin1");
  }
}
