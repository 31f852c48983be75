import { createReadStream } from "node:fs";
import { createGunzip, type ZlibOptions } from "node:zlib";
import { type Piece, quoted, type TarHead, TarReader, UnsafeEntry } from "@sluice/archive";
import { archiveKind, ofOtherKind } from "./archive-kind.ts";
import { ArchiveOwners } from "./archive-owners.ts";
import type { BundleWriter } from "./bundle-writer.ts";

/** Bytes that are read and inflated at a time: fewer steps than with Node's default, and still little memory. */
const chunkBytes = 256 * 1024;

/** zlib's thread inflates up to four chunks ahead while files are written. (Node's types lack that zlib streams take highWaterMark.) */
const inflation: ZlibOptions & { readonly highWaterMark: number } = {
  chunkSize: chunkBytes,
  highWaterMark: 4 * chunkBytes,
};

/** Unpacks a tar archive; its first bytes tell whether it is gzipped. */
export async function unpackTar(file: string, writer: BundleWriter): Promise<void> {
  const kind = await archiveKind(file);
  if (kind !== undefined && kind !== "gzip" && kind !== "tar") throw new UnsafeEntry(ofOtherKind(kind, "tar"));
  const source = createReadStream(file, { highWaterMark: chunkBytes });
  const bytes = kind === "gzip" ? source.pipe(createGunzip(inflation)) : source;
  source.on("error", (error) => bytes.destroy(error)); // ends the loop below
  let last = "";
  const owners = new ArchiveOwners();
  const reader = new TarReader(bytes, {
    passing: (count) => writer.skip(last, count),
    warn: (line) => writer.warn(line),
  });
  try {
    for (let head = await reader.next(); head !== undefined; head = await reader.next()) {
      last = head.name;
      await unpackEntry(head, reader.content(), { writer, owners });
    }
  } catch (cause) {
    if (cause instanceof UnsafeEntry) throw cause;
    const where = last === "" ? "at its beginning" : `at or after its entry ${quoted(last)}`;
    throw new Error(`The archive is damaged ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    source.destroy();
    bytes.destroy();
  }
}

async function unpackEntry(
  head: TarHead,
  content: AsyncIterable<Piece>,
  { writer, owners }: { writer: BundleWriter; owners: ArchiveOwners },
): Promise<void> {
  const { name, type, link, mode, modified } = head;
  switch (type) {
    case "0":
    case "S":
      return writer.file({ name, mode, modified, owner: owners.of(head) }, content);
    case "5":
      return writer.folder({ name, mode });
    case "2":
      return writer.symbolicLink(name, link);
    case "1":
      return writer.hardLink(name, link);
    default:
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} is neither a file nor a folder nor a link, but ${kinds[type] ?? `of type ${quoted(type)}`}`,
      );
  }
}

const kinds: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a FIFO",
};
