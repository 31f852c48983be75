import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { pack, type Pack } from "tar-stream";

/** Packs a folder as a revision: a tgz with the AppSpec file at its root, modes kept. Throws when it has none. */
export async function bundle(folder: string): Promise<Buffer> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new Error(`Cannot read folder "${folder}"`, { cause });
  });
  if (!names.includes("appspec.yml") && !names.includes("appspec.yaml"))
    throw new Error(`Cannot bundle "${folder}": it has no appspec.yml (or appspec.yaml) at its root`);
  const archive = pack();
  const gzip = createGzip();
  const [bytes] = await Promise.all([buffer(gzip), pipeline(archive, gzip), addFolder(archive, folder, folder)]);
  return bytes;
}

async function addFolder(archive: Pack, root: string, folder: string): Promise<void> {
  for (const name of (await readdir(folder)).toSorted()) await addEntry(archive, root, join(folder, name));
  if (folder === root) archive.finalize();
}

async function addEntry(archive: Pack, root: string, path: string): Promise<void> {
  const { mode, mtime, size, ...kind } = await lstat(path).then((found) => ({
    mode: found.mode & 0o777,
    mtime: found.mtime,
    size: found.size,
    isFolder: found.isDirectory(),
    isLink: found.isSymbolicLink(),
    isFile: found.isFile(),
  }));
  const header = { name: relative(root, path), mode, mtime };
  if (kind.isFolder) {
    archive.entry({ ...header, type: "directory" });
    await addFolder(archive, root, path);
  } else if (kind.isLink) archive.entry({ ...header, type: "symlink", linkname: await readlink(path) });
  else if (kind.isFile) await pipeline(createReadStream(path), archive.entry({ ...header, size }));
  else throw new Error(`Cannot bundle "${path}": it is neither a file nor a folder nor a link`);
}
