import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import type { Header } from "tar-stream";
import { quoted, UnsafeEntry } from "./rules.ts";
import type { BundleWriter } from "./writer.ts";

/** Bytes that are read and unpacked at a time: fewer turns than with the default, and still little memory. */
const chunkBytes = 256 * 1024;

/** Unpacks a tar archive, gzipped or not: its first bytes tell. */
export async function unpackTar(file: string, writer: BundleWriter): Promise<void> {
  const { extract } = await import("tar-stream");
  const entries = extract({ allowUnknownFormat: true } as object); // the oldest form carries no mark; the types do not know the option
  const source = createReadStream(file, { highWaterMark: chunkBytes });
  const bytes = (await isGzipped(file)) ? source.pipe(createGunzip({ chunkSize: chunkBytes })) : source;
  // Errors of the first stages end the last one, which is read below.
  source.on("error", (error) => entries.destroy(error));
  bytes.on("error", (error) => entries.destroy(error));
  bytes.pipe(entries);
  let last = "";
  try {
    for await (const entry of entries) {
      last = entry.header.name;
      await unpackEntry(entry.header, entry as AsyncIterable<Uint8Array> & { resume(): unknown }, writer); // an entry streams its bytes
    }
  } catch (cause) {
    if (cause instanceof UnsafeEntry) throw cause;
    const where = last === "" ? "at its beginning" : `at or after its entry ${quoted(last)}`;
    throw new Error(`The archive is damaged ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    source.destroy();
    entries.destroy();
  }
}

async function unpackEntry(
  header: Header,
  content: AsyncIterable<Uint8Array> & { resume(): unknown },
  writer: BundleWriter,
): Promise<void> {
  const { name, type, linkname, mode, mtime, uid, gid } = header;
  if (type === "file" || type === "contiguous-file")
    return writer.file({ name, mode, modified: mtime, owner: { uid, gid } }, content);
  content.resume();
  switch (type) {
    case "directory":
      return writer.folder({ name, mode });
    case "symlink":
      return writer.symbolicLink(name, linkname ?? "");
    case "link":
      return writer.hardLink(name, linkname ?? "");
    default:
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} is neither a file nor a folder nor a link, but of type ${type ?? "unknown"}`,
      );
  }
}

async function isGzipped(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
