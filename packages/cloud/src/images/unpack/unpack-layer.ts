import { createHash } from "node:crypto";
import { closeSync, createReadStream, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { type ByteName, byteName, EntryRules, quoted, TarReader, UnsafeEntry } from "@sluice/archive";
import { writeMarks } from "./layer-marks.ts";
import { LayerWriter } from "./layer-writer.ts";
import type { ownersOf } from "./owners.ts";

/** What one layer may unpack to. Beyond, it is taken for a bomb. */
const limits = {
  bytesMax: 20 * 2 ** 30, // as much as a bundle; the largest layers of everyday images have a tenth
  entriesMax: 1_000_000, // whole operating systems with their documentation have a tenth
  ratioMax: 250,
} as const;

/** Bytes that are read and unpacked at a time. */
const chunkBytes = 256 * 1024;

/** A layer as an archive. */
export interface PackedLayer {
  readonly file: string;
  /** The digest of its archive before that was compressed. */
  readonly diffId: string;
}

/** Unpacks a layer: its files go into `tree` in a new folder, what it says of lower layers into `marks.json`. Throws an Error that names the layer's entry where one must not be unpacked. */
export async function unpackLayer(
  { file, diffId }: PackedLayer,
  folder: string,
  owners: ReturnType<typeof ownersOf>,
): Promise<void> {
  const root = join(folder, "tree");
  mkdirSync(root, { recursive: true });
  const rules = new EntryRules({ noun: "layer", root, bytes: statSync(file).size }, limits);
  const writer = new LayerWriter(rules, byteName(root), owners);
  const found = await writeEntries(file, { rules, writer });
  if (found !== diffId) throw new Error(`The layer was to be ${diffId} when it is unpacked, and is ${found}`);
  writeMarks(folder, writer.finish());
}

async function writeEntries(
  file: string,
  { rules, writer }: { readonly rules: EntryRules; readonly writer: LayerWriter },
): Promise<string> {
  const hash = createHash("sha256");
  const bytes = unpackedBytes(file, hash);
  let last: ByteName = "";
  const reader = new TarReader(bytes, { passing: (count) => rules.count(last, count), warn: () => {} });
  try {
    for (let head = await reader.next(); head !== undefined; head = await reader.next()) {
      last = head.name;
      await writer.entry(head, reader.content());
    }
    return `sha256:${hash.digest("hex")}`;
  } catch (cause) {
    if (cause instanceof UnsafeEntry) throw cause;
    const where = last === "" ? "at its beginning" : `at or after its entry ${quoted(last)}`;
    throw new Error(`The layer is damaged ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    bytes.destroy();
  }
}

/** The bytes of a layer's archive, hashed as they pass. */
function unpackedBytes(file: string, hash: { update(bytes: Uint8Array): unknown }): Readable {
  const source = createReadStream(file, { highWaterMark: chunkBytes });
  const hashing = new Transform({
    highWaterMark: 4 * chunkBytes,
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const inflation = inflationOf(file);
  const parts = inflation === undefined ? [source, hashing] : [source, inflation, hashing];
  for (const part of parts.slice(0, -1)) part.on("error", (error) => hashing.destroy(error));
  hashing.on("close", () => source.destroy());
  if (inflation === undefined) return source.pipe(hashing);
  return source.pipe(inflation).pipe(hashing);
}

/** What unpacks a layer, by its first bytes; undefined where it is a plain archive. */
function inflationOf(file: string): Transform | undefined {
  const first = Buffer.alloc(4);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, first, 0, first.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (first.readUInt16BE(0) === 0x1f8b) return createGunzip({ chunkSize: chunkBytes });
  if (first.readUInt32BE(0) === 0x28b52ffd) return createZstdDecompress({ chunkSize: chunkBytes });
  return undefined;
}
