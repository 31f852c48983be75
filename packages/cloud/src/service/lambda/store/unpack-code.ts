import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { type Readable, Transform } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import { badValue } from "../names.ts";
import { makeWorldReadable } from "../make-world-readable.ts";

/** Most bytes that code may unpack to: Lambda's own limit. */
const bytesMax = 262_144_000;

/** Most entries: each costs a file, and a real application has a tenth of it. */
const entriesMax = 100_000;

/** Longest target of a link, in bytes: the system's own limit. */
const targetBytesMax = 4096;

const kinds = { mask: 0o170000, file: 0o100000, link: 0o120000 } as const;

/** Unpacks a zip archive into a new folder, where nothing of it can leave. Throws a Fault that names the entry that must not be. */
export async function unpackCode(archive: string, folder: string): Promise<void> {
  const zip = await open(archive);
  const links: { readonly path: string; readonly target: string }[] = [];
  let bytes = 0;
  const count = (name: string, more: number) => {
    bytes += more;
    if (bytes > bytesMax)
      throw badValue(`Unzipped size must be smaller than ${bytesMax} bytes; it grows beyond at the entry "${name}"`);
  };
  try {
    if (zip.entryCount > entriesMax)
      throw badValue(`The archive has ${zip.entryCount} entries, and may have ${entriesMax}`);
    await mkdir(folder, { mode: 0o755 });
    for await (const entry of entriesOf(zip)) {
      const path = placeOf(folder, entry.fileName);
      const mode = entry.externalFileAttributes >>> 16;
      if (entry.fileName.endsWith("/")) await mkdir(path, { recursive: true, mode: 0o755 });
      else if ((mode & kinds.mask) === kinds.link)
        links.push({ path, target: await targetOf(zip, entry, { folder, path }) });
      else await unpackFile(zip, entry, { path, mode, count });
    }
    await makeWorldReadable(folder);
    // Last, so that nothing is ever written through one.
    for (const { path, target } of links) {
      await mkdir(dirname(path), { recursive: true });
      await symlink(target, path);
    }
  } catch (error) {
    throw asFault(error);
  } finally {
    zip.close();
  }
}

async function open(archive: string): Promise<ZipFile> {
  try {
    return await promisify<string, { lazyEntries: boolean; autoClose: boolean }, ZipFile>(yauzl.open)(archive, {
      lazyEntries: true,
      autoClose: false,
    });
  } catch (error) {
    throw asFault(error);
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  for (let left = zip.entryCount; left > 0; left -= 1) {
    const read = once(zip, "entry"); // rejects with an error, and leaves no listener behind
    zip.readEntry();
    const [entry] = (await read) as [Entry]; // what yauzl emits
    yield entry;
  }
}

function placeOf(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (name.includes("\0") || isAbsolute(name) || name.split("/").includes("..") || !isInside(folder, path))
    throw badValue(`The archive's entry "${name}" leaves the function's folder`);
  return path;
}

async function targetOf(
  zip: ZipFile,
  entry: Entry,
  { folder, path }: { folder: string; path: string },
): Promise<string> {
  if (entry.uncompressedSize > targetBytesMax)
    throw badValue(`The archive's link "${entry.fileName}" has a target of ${entry.uncompressedSize} bytes`);
  const target = await text(await contentOf(zip, entry));
  if (isAbsolute(target) || !isInside(folder, resolve(dirname(path), target)))
    throw badValue(`The archive's link "${entry.fileName}" leaves the function's folder: it points to "${target}"`);
  return target;
}

async function unpackFile(
  zip: ZipFile,
  entry: Entry,
  { path, mode, count }: { path: string; mode: number; count: (name: string, bytes: number) => void },
): Promise<void> {
  if ((mode & kinds.mask) !== 0 && (mode & kinds.mask) !== kinds.file)
    throw badValue(`The archive's entry "${entry.fileName}" is neither a file nor a folder nor a link`);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        count(entry.fileName, chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error); // count throws Faults only
      }
    },
  });
  await pipeline(await contentOf(zip, entry), counting, createWriteStream(path, { flags: "wx", mode: 0o600 }));
  // The function's user must be able to read it; setuid and the like are not taken over from an archive.
  await chmod(path, (mode & 0o111) === 0 ? 0o644 : 0o755);
}

const contentOf = (zip: ZipFile, entry: Entry): Promise<Readable> =>
  promisify<Entry, Readable>(zip.openReadStream.bind(zip))(entry);

const isInside = (folder: string, path: string) => path === folder || path.startsWith(join(folder, sep));

function asFault(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException; // thrown by the file system, by zlib, by yauzl or by us
  if (code === "EEXIST") return badValue("The archive has two entries of one name");
  if (error instanceof Error && error.name === "Fault") return error;
  // The system's own trouble, a full disk for instance, is not the archive's.
  if (typeof code === "string" && /^E[A-Z]+$/.test(code) && code !== "ENOTDIR" && code !== "EISDIR") return error;
  return badValue(`Could not unzip uploaded file. Please check your file, then try to upload again: ${message}`);
}
