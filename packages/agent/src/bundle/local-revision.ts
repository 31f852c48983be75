import { rm, stat, symlink } from "node:fs/promises";
import { copyTree } from "../copy-tree.ts";
import type { LocalRevision } from "../protocol/revision.ts";
import { removeTree } from "../remove-tree.ts";

/** Takes a file of this host as the bundle: a link is laid, nothing is copied (agent.md §4.3). */
export async function linkLocalFile({ location }: LocalRevision, into: string): Promise<void> {
  if (!(await stat(location)).isFile()) throw new Error(`Cannot unpack "${location}": it is not a file`);
  await rm(into, { force: true });
  await symlink(location, into);
}

/** Takes a folder of this host as the unpacked revision. Who happens to own its files says nothing of whom they are installed for: the copy is the agent's own. */
export async function copyLocalDirectory({ location }: LocalRevision, into: string): Promise<void> {
  if (!(await stat(location)).isDirectory()) throw new Error(`Cannot copy "${location}": it is not a folder`);
  await removeTree(into);
  await copyTree(location, into, { keepsOwners: false });
}

/** Takes a revision that has been unpacked before: the files have the owners that the bundle gave them. */
export async function copyUnpacked(archive: string, into: string): Promise<void> {
  await removeTree(into);
  await copyTree(archive, into, { keepsOwners: true });
}
