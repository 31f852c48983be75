import { rm, stat, symlink } from "node:fs/promises";
import type { ArchiveAttributes } from "../../deployment/archive-attributes.ts";
import { copyTree } from "../../files/copy-tree.ts";
import type { LocalRevision } from "../../protocol/revision.ts";
import { removeTree } from "../../files/remove-tree.ts";

/** Uses a file of this host as the bundle, by a symbolic link to it (agent.md §4.3). */
export async function linkLocalFile({ location }: LocalRevision, into: string): Promise<void> {
  if (!(await stat(location)).isFile()) throw new Error(`Cannot unpack "${location}": it is not a file`);
  await rm(into, { force: true });
  await symlink(location, into);
}

/** Copies a folder of this host as the unpacked revision. The owners of its files are not kept: they say nothing about the owners of installed files. Returns the attributes that are deferred to the installation. */
export async function copyLocalDirectory({ location }: LocalRevision, into: string): Promise<ArchiveAttributes> {
  if (!(await stat(location)).isDirectory()) throw new Error(`Cannot copy "${location}": it is not a folder`);
  await removeTree(into);
  return copyTree(location, into, { keepsOwners: false });
}

/** Copies a revision that was unpacked before. Returns the deferred attributes; owners of files are kept, as an older agent has set them in the archive itself. */
export async function copyUnpacked(
  archive: string,
  into: string,
  deferred: ArchiveAttributes,
): Promise<ArchiveAttributes> {
  await removeTree(into);
  return new Map([...(await copyTree(archive, into, { keepsOwners: true })), ...deferred]);
}
