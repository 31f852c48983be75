import { createHmac, timingSafeEqual } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Base, Entry, Position } from "./journal.ts";

/** Where every journal begins. */
export const start: Position = { sequence: 0, digest: "0".repeat(64) };

/** The longest patchset that is unpacked, in bytes: more than any transaction changes. */
const changesBytesMax = 2 ** 30;

/** What an entry is made of. */
export type NewEntry = Pick<Entry, "term" | "schema"> & {
  /** SQLite's patchset; empty for an entry that begins a term. */
  readonly patchset: Uint8Array;
};

/**
 * The chain of entries. Each digest covers its entry and the digest before it, and is made with a key of the house: who
 * can write to the database, but has not the key, can add nothing that a node would take.
 */
export class EntryChain {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The entry that follows a position. */
  next(after: Position, { term, schema, patchset }: NewEntry): Entry {
    const changes = patchset.length === 0 ? patchset : zstdCompressSync(patchset, fast);
    const entry = { sequence: after.sequence + 1, term, schema, changes };
    return { ...entry, digest: this.#digest(after, entry) };
  }

  /** Whether an entry follows a position, and was made by a node of this house. */
  follows(after: Position, entry: Entry): boolean {
    return entry.sequence === after.sequence + 1 && isEqual(entry.digest, this.#digest(after, entry));
  }

  /** Returns the patchset of an entry that was found to follow. */
  patchset({ changes }: Entry): Uint8Array {
    return changes.length === 0 ? changes : zstdDecompressSync(changes, { maxOutputLength: changesBytesMax });
  }

  /** A base of packed bytes at a position. */
  base(at: Position, bytes: Uint8Array): Base {
    const { sequence, digest } = at;
    return { sequence, digest, bytes, seal: this.#seal(at, bytes) };
  }

  /** Whether a base was made by a node of this house. */
  isOurs(base: Base): boolean {
    return isEqual(base.seal, this.#seal(base, base.bytes));
  }

  #digest(after: Position, { term, schema, changes }: Omit<Entry, keyof Position>): string {
    return createHmac("sha256", this.#key)
      .update(`entry ${after.sequence} ${after.digest} ${term} ${schema}\n`)
      .update(changes)
      .digest("hex");
  }

  #seal({ sequence, digest }: Position, bytes: Uint8Array): string {
    return createHmac("sha256", this.#key).update(`base ${sequence} ${digest}\n`).update(bytes).digest("hex");
  }
}

const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
