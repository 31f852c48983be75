import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Piece } from "@sluice/archive";
import type { Entry, ZipFile } from "yauzl";

export interface ArchiveOptions {
  readonly type: "zip" | "tgz";
  /** The longest AppSpec file, in bytes. */
  readonly fileBytesMax: number;
}

/** A file of an archive. */
interface ArchivedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** How many bytes an archive may unpack to: one with an AppSpec file has little else. */
const unpackedBytesMax = 16 * 1024 * 1024;

/** The type of a folder in a tar archive. */
const folder = "5";

/** How many files an archive may hold. */
const filesMax = 1_000;

/** An archive that cannot be read, or is not a revision. The message continues a sentence about it. */
export class BadArchive extends Error {
  override readonly name = "BadArchive";
}

/**
 * Returns the one AppSpec file of an archive: its only file, or the only one at its root that is called `appspec`
 * (inferred). Nothing is written to a disk. Throws a BadArchive.
 */
export async function appSpecOfArchive(bytes: Uint8Array, options: ArchiveOptions): Promise<ArchivedFile> {
  const { type } = options;
  const files = await (type === "zip" ? filesOfZip : filesOfTgz)(Buffer.from(bytes), options).catch(
    (cause: unknown) => {
      if (cause instanceof BadArchive) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new BadArchive(`is no ${type} that can be read: ${why}`, { cause });
    },
  );
  const named = files.filter(({ name }) => /^(\.\/)?appspec\.(ya?ml|json)$/i.test(name));
  const [found, other] = files.length === 1 ? files : named;
  if (found !== undefined && other === undefined) return found;
  throw new BadArchive(
    found === undefined
      ? `holds ${files.length} files, and none of them is an appspec.yaml, appspec.yml or appspec.json at its root`
      : `holds more than one AppSpec file: ${named.map(({ name }) => name).join(", ")}`,
  );
}

async function filesOfZip(archive: Buffer, options: ArchiveOptions): Promise<readonly ArchivedFile[]> {
  const { default: yauzl } = await import("yauzl");
  const zip = await promisify<Buffer, { lazyEntries: boolean }, ZipFile>(yauzl.fromBuffer)(archive, {
    lazyEntries: true,
  });
  const files: ArchivedFile[] = [];
  for (let left = zip.entryCount; left > 0; left -= 1) {
    const entry = await new Promise<Entry>((give, fail) => {
      zip.once("entry", give).once("error", fail).readEntry();
    });
    if (entry.fileName.endsWith("/")) continue;
    const content = () => promisify<Entry, Readable>(zip.openReadStream.bind(zip))(entry);
    files.push(await fileOf(entry.fileName, content, { ...options, before: files }));
  }
  return files;
}

async function filesOfTgz(archive: Buffer, options: ArchiveOptions): Promise<readonly ArchivedFile[]> {
  const unpacked = await promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)(archive, {
    maxOutputLength: unpackedBytesMax,
  });
  const { TarReader } = await import("@sluice/archive");
  const tar = new TarReader(Readable.from([unpacked]), { passing: () => {}, warn: () => {} });
  const files: ArchivedFile[] = [];
  for (let head = await tar.next(); head !== undefined; head = await tar.next())
    if (head.type !== folder) files.push(await fileOf(head.name, () => tar.content(), { ...options, before: files }));
  return files;
}

async function fileOf(
  name: string,
  content: () => AsyncIterable<Piece> | Promise<AsyncIterable<Piece>>,
  { fileBytesMax, before }: ArchiveOptions & { readonly before: readonly ArchivedFile[] },
): Promise<ArchivedFile> {
  const unpacked = before.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (before.length >= filesMax || unpacked > unpackedBytesMax)
    throw new BadArchive(`holds more than ${filesMax} files, or more than ${unpackedBytesMax} bytes of them`);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of await content()) {
    length += typeof piece === "number" ? piece : piece.length;
    if (length > fileBytesMax)
      throw new BadArchive(`holds the file "${name}", which has more than ${fileBytesMax} bytes`);
    parts.push(typeof piece === "number" ? new Uint8Array(piece) : piece);
  }
  return { name, bytes: Buffer.concat(parts) };
}
