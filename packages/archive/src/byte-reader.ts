const nothing = Buffer.alloc(0);

/** Bytes that come in chunks of any length, taken in the lengths that are wanted. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = nothing;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** As many of the next bytes as are there, at least one and at most so many; undefined at the end. */
  async some(bytesMax: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#chunk = next.value;
    }
    const part = this.#chunk.subarray(0, bytesMax);
    this.#chunk = this.#chunk.subarray(bytesMax);
    return part;
  }

  /** The next bytes, exactly so many; undefined at the end. Throws when the end comes between them. */
  async exactly(bytes: number): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = [];
    let missing = bytes;
    while (missing > 0) {
      const part = await this.some(missing);
      if (part === undefined && parts.length === 0) return undefined;
      if (part === undefined) throw new Error(`It ends ${missing} bytes early`);
      parts.push(part);
      missing -= part.length;
    }
    const [whole = nothing, ...others] = parts;
    return others.length > 0 ? Buffer.concat(parts) : Buffer.from(whole.buffer, whole.byteOffset, whole.length);
  }
}
