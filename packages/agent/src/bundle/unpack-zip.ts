import { closeSync, fstatSync, openSync } from "node:fs";
import { Readable } from "node:stream";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { quoted, UnsafeEntry } from "@sluice/archive";
import { archiveKind, ofOtherKind } from "./archive-kind.ts";
import type { BundleWriter } from "./bundle-writer.ts";
import { entriesOf, findDirectory, readAt, type ZipDirectory, type ZipEntry } from "./zip-directory.ts";

const kinds = { mask: 0o170000, file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/** The longest target of a symbolic link, in bytes: Linux's PATH_MAX. */
const targetBytesMax = 4096;

/** Entries up to this size are inflated by one call, which takes a tenth of the time that a stream takes. */
const smallBytesMax = 256 * 1024;

/** Bytes that are read and inflated at a time. */
const chunkBytes = 256 * 1024;

/** Bytes of a local header without its name and extra fields. */
const localBytes = 30;

/** Unpacks a zip archive by its central directory, as all programs do: what the directory does not list is not an entry. */
export async function unpackZip(path: string, writer: BundleWriter): Promise<void> {
  const file = openSync(path, "r");
  try {
    const directory = await directoryOf(file, path);
    if (directory.shift > 0)
      writer.warn(`The archive has ${directory.shift} bytes before its beginning, which are passed over`);
    if (directory.behind > 0)
      writer.warn(`The archive has ${directory.behind} bytes behind its end, which are passed over`);
    for (const entry of entriesOf(file, directory)) await unpackEntry(file, entry, writer);
  } finally {
    closeSync(file);
  }
}

async function directoryOf(file: number, path: string): Promise<ZipDirectory> {
  try {
    return findDirectory(file, fstatSync(file).size);
  } catch (error) {
    const kind = await archiveKind(path);
    throw kind === undefined || kind === "zip" ? error : new UnsafeEntry(ofOtherKind(kind, "zip"));
  }
}

async function unpackEntry(file: number, entry: ZipEntry, writer: BundleWriter): Promise<void> {
  const name = quoted(entry.name);
  try {
    await writeEntry(file, entry, writer);
  } catch (cause) {
    if (cause instanceof UnsafeEntry) throw cause;
    throw new Error(
      `The bundle's entry ${name} is damaged: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

async function writeEntry(file: number, entry: ZipEntry, writer: BundleWriter): Promise<void> {
  const { name, mode, modified, bytes } = entry;
  const kind = mode & kinds.mask; // 0 in archives of other systems, which have no Unix modes
  if (isFolder(entry)) return writer.folder({ name, mode: mode & 0o777 || 0o755 });
  if (kind !== 0 && kind !== kinds.file && kind !== kinds.link)
    throw new UnsafeEntry(
      `The bundle's entry ${quoted(name)} is neither a file nor a folder nor a link (mode ${mode.toString(8)})`,
    );
  if (kind === kinds.link && bytes > targetBytesMax)
    throw new UnsafeEntry(`The bundle's link ${quoted(name)} has a target of ${bytes} bytes`);
  refuseUnreadable(entry);
  const content = contentOf(file, entry);
  if (kind !== kinds.link) return writer.file({ name, mode: mode & 0o7777 || 0o644, modified }, content);
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return writer.symbolicLink(name, Buffer.concat(parts).toString("latin1"));
}

/** A folder's name ends in a slash. Where the slash is missing its Unix mode tells, or the MS-DOS attribute if the entry is empty. */
function isFolder({ name, mode, isMarkedFolder, bytes }: ZipEntry): boolean {
  const kind = mode & kinds.mask;
  return name.endsWith("/") || kind === kinds.folder || (kind === 0 && isMarkedFolder && bytes === 0);
}

/** Compression methods that are not supported, by number. */
const methods: Readonly<Record<number, string>> = {
  1: "shrink",
  6: "implode",
  9: "deflate64",
  12: "bzip2",
  14: "LZMA",
  93: "zstd",
  95: "xz",
  98: "PPMd",
  99: "AES",
};

function refuseUnreadable({ name, flags, method }: ZipEntry): void {
  if ((flags & 0x0041) !== 0 || method === 99)
    throw new UnsafeEntry(`The bundle's entry ${quoted(name)} is encrypted: bundles must be packed without a password`);
  if (method !== 0 && method !== 8)
    throw new UnsafeEntry(
      `The bundle's entry ${quoted(name)} is packed by ${methods[method] ?? `method ${method}`}, which is not supported: pack it by deflate, which is what zip does by itself`,
    );
}

/** Returns the content of an entry. Throws when its size or checksum is not as declared; yields no byte more than declared. */
function contentOf(file: number, entry: ZipEntry): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  const start = contentStart(file, entry);
  return Math.max(entry.packedBytes, entry.bytes) <= smallBytesMax
    ? [smallContent(file, start, entry)]
    : largeContent(file, start, entry);
}

function contentStart(file: number, { at }: ZipEntry): number {
  const local = readAt(file, at, localBytes);
  if (local.length < localBytes || local.readUInt32LE(0) !== 0x04034b50)
    throw new Error("it does not begin where the directory says");
  return at + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28);
}

function smallContent(file: number, start: number, { packedBytes, bytes, method, sum }: ZipEntry): Uint8Array {
  const packed = readAt(file, start, packedBytes);
  if (packed.length < packedBytes) throw endsEarly();
  const content = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: bytes + 1 });
  if (content.length !== bytes) throw wrongSize(bytes);
  if (crc32(content) !== sum) throw wrongSum();
  return content;
}

async function* largeContent(
  file: number,
  start: number,
  { packedBytes, bytes, method, sum }: ZipEntry,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packedChunks(file, start, packedBytes), { objectMode: false });
  const stream = method === 0 ? source : source.pipe(createInflateRaw({ chunkSize: chunkBytes }));
  source.on("error", (error) => stream.destroy(error)); // ends the loop below
  let found = 0;
  let soFar = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      found += chunk.length;
      if (found > bytes) throw wrongSize(bytes);
      soFar = crc32(chunk, soFar);
      yield chunk;
    }
  } finally {
    source.destroy();
    stream.destroy();
  }
  if (found !== bytes) throw wrongSize(bytes);
  if (soFar !== sum) throw wrongSum();
}

function* packedChunks(file: number, start: number, packedBytes: number): Generator<Uint8Array> {
  for (let read = 0; read < packedBytes;) {
    const chunk = readAt(file, start + read, Math.min(chunkBytes, packedBytes - read));
    if (chunk.length === 0) throw endsEarly();
    read += chunk.length;
    yield chunk;
  }
}

const endsEarly = () => new Error("the archive ends before it does");
const wrongSize = (bytes: number) => new Error(`its content has another size than the ${bytes} bytes that it says`);
const wrongSum = () => new Error("its checksum is not that of its content");
