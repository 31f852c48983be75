import { cp, rm, stat, symlink } from "node:fs/promises";
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
  await rm(into, { recursive: true, force: true });
  await cp(location, into, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}
