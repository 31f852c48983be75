import { once } from "node:events";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { quoted, UnsafeEntry } from "./rules.ts";
import type { BundleWriter } from "./writer.ts";

const kinds = { mask: 0o170000, file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/** Longest target of a symbolic link, in bytes: the system's own limit. */
const targetBytesMax = 4096;

/** Unpacks a zip archive by its central directory. */
export async function unpackZip(path: string, writer: BundleWriter): Promise<void> {
  const { default: yauzl } = await import("yauzl");
  const archive = await promisify<string, { lazyEntries: boolean; autoClose: boolean }, ZipFile>(yauzl.open)(path, {
    lazyEntries: true,
    autoClose: false,
  });
  try {
    const troubled = once(archive, "error").then(([error]: unknown[]) => Promise.reject(error));
    troubled.catch(() => {}); // each entry's race below reports it
    for (let left = archive.entryCount; left > 0; left -= 1) {
      const next = once(archive, "entry");
      archive.readEntry();
      const [entry] = (await Promise.race([next, troubled])) as [Entry]; // what yauzl emits
      await unpackEntry(archive, entry, writer);
    }
  } finally {
    archive.close();
  }
}

async function unpackEntry(archive: ZipFile, entry: Entry, writer: BundleWriter): Promise<void> {
  const name = entry.fileName;
  try {
    await writeEntry(archive, entry, writer);
  } catch (cause) {
    if (cause instanceof UnsafeEntry) throw cause;
    throw new Error(
      `The bundle's entry ${quoted(name)} is damaged: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

async function writeEntry(archive: ZipFile, entry: Entry, writer: BundleWriter): Promise<void> {
  const name = entry.fileName;
  // Archives made on other systems carry no Unix mode.
  const attributes = entry.externalFileAttributes >>> 16;
  const kind = attributes & kinds.mask;
  if (name.endsWith("/")) return writer.folder({ name, mode: attributes & 0o777 || 0o755 });
  if (kind === kinds.link) {
    if (entry.uncompressedSize > targetBytesMax)
      throw new UnsafeEntry(`The bundle's link ${quoted(name)} has a target of ${entry.uncompressedSize} bytes`);
    return writer.symbolicLink(name, (await buffer(await contentOf(archive, entry))).toString("utf8"));
  }
  if (kind !== 0 && kind !== kinds.file)
    throw new UnsafeEntry(
      `The bundle's entry ${quoted(name)} is neither a file nor a folder nor a link (mode ${attributes.toString(8)})`,
    );
  const content = checked(await contentOf(archive, entry), entry.crc32);
  return writer.file({ name, mode: attributes & 0o7777 || 0o644, modified: entry.getLastModDate() }, content);
}

/** The reader checks sizes and leaves the checksum to its caller. */
async function* checked(content: AsyncIterable<Uint8Array>, wanted: number): AsyncIterable<Uint8Array> {
  let sum = 0;
  for await (const chunk of content) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== wanted) throw new Error("its checksum is not that of its content");
}

const contentOf = (archive: ZipFile, entry: Entry): Promise<Readable> =>
  promisify<Entry, Readable>(archive.openReadStream.bind(archive))(entry);
