import { cp, lchown, lstat, readdir, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { LocalRevision } from "../protocol/revision.ts";

/** Takes a file of this host as the bundle: a link is laid, nothing is copied (agent.md §4.3). */
export async function linkLocalFile({ location }: LocalRevision, into: string): Promise<void> {
  if (!(await stat(location)).isFile()) throw new Error(`Cannot unpack "${location}": it is not a file`);
  await rm(into, { force: true });
  await symlink(location, into);
}

/** Takes a folder of this host as the unpacked revision. */
export async function copyLocalDirectory({ location }: LocalRevision, into: string): Promise<void> {
  if (!(await stat(location)).isDirectory()) throw new Error(`Cannot copy "${location}": it is not a folder`);
  await copyTree(location, into);
}

/** Takes a revision that has been unpacked before: the files have the owners that the bundle gave them. */
export async function copyUnpacked(archive: string, into: string): Promise<void> {
  await copyTree(archive, into);
  if (process.getuid?.() !== 0) return; // only root could have given files away
  for (const name of ["", ...(await readdir(archive, { recursive: true }))]) {
    const { uid, gid } = await lstat(join(archive, name));
    await lchown(join(into, name), uid, gid);
  }
}

async function copyTree(from: string, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await cp(from, into, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}
