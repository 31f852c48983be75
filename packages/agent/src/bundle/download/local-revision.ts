import { rm, stat, symlink } from "node:fs/promises";
import type { ArchiveAttributes } from "../../deployment/archive-attributes.ts";
import { copyTree } from "../../files/copy-tree.ts";
import type { LocalRevision } from "../../protocol/revision.ts";
import { removeTree } from "../../files/remove-tree.ts";

/** Takes a file of this host as the bundle: a link is laid, nothing is copied (agent.md §4.3). */
export async function linkLocalFile({ location }: LocalRevision, into: string): Promise<void> {
  if (!(await stat(location)).isFile()) throw new Error(`Cannot unpack "${location}": it is not a file`);
  await rm(into, { force: true });
  await symlink(location, into);
}

/** Takes a folder of this host as the unpacked revision. Who happens to own its files says nothing of whom they are installed for: the copy is the agent's own. Gives what is said of files that are not so yet. */
export async function copyLocalDirectory({ location }: LocalRevision, into: string): Promise<ArchiveAttributes> {
  if (!(await stat(location)).isDirectory()) throw new Error(`Cannot copy "${location}": it is not a folder`);
  await removeTree(into);
  return copyTree(location, into, { keepsOwners: false });
}

/** Takes a revision that has been unpacked before. Gives what is said of files; an older agent has given them their owners. */
export async function copyUnpacked(archive: string, into: string, said: ArchiveAttributes): Promise<ArchiveAttributes> {
  await removeTree(into);
  return new Map([...(await copyTree(archive, into, { keepsOwners: true })), ...said]);
}
