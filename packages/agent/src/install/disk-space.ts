import { statfsSync, statSync } from "node:fs";
import { systemPath } from "../files/system-path.ts";
import type { Removals } from "./cleanup-list.ts";

/** What will be written to a folder, or below it to folders that do not exist yet. */
export interface SpaceDemand {
  /** An existing one, without links. */
  readonly folder: string;
  bytes: number;
  entries: number;
}

/** File systems on which files can share blocks, so that a copy may need no space: XFS, OCFS2, and overlayfs on them. */
const sharing = new Set([0x58465342, 0x7461636f, 0x794c7630]);

/** File systems that also compress, so that the size of a file on them is not known beforehand: btrfs, bcachefs, ZFS. */
const elastic = new Set([0x9123683e, 0xca451a4e, 0x2fc12fc1]);

interface Target {
  /** An existing folder on it. */
  readonly folder: string;
  bytes: number;
  entries: number;
}

/** Throws when a file system has no room for what will be written to it, even with what the removal of the previous revision frees. */
export function checkDiskSpace(
  demands: Iterable<SpaceDemand>,
  { archive, removals }: { readonly archive: string; readonly removals: Pick<Removals, "paths" | "bytes"> },
): void {
  const source = statSync(archive).dev;
  for (const [device, target] of byFileSystem(demands)) {
    const { type, bsize, blocks, bfree, bavail, files, ffree } = statfsSync(systemPath(target.folder));
    if (blocks === 0) continue; // /proc and the like, which refuse files for other reasons
    const back = removals.bytes.get(device) ?? 0;
    const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
    if (target.bytes > free + back && !elastic.has(type) && !(device === source && sharing.has(type)))
      throw notEnoughSpace(target, `has room for ${free + back} bytes, and the revision needs ${target.bytes}`);
    const entriesBack = removals.paths.size;
    if (files > 0 && target.entries > ffree + entriesBack)
      throw notEnoughSpace(
        target,
        `has room for ${ffree + entriesBack} files and folders, and the revision has ${target.entries}`,
      );
  }
}

function byFileSystem(demands: Iterable<SpaceDemand>): ReadonlyMap<number, Target> {
  const targets = new Map<number, Target>();
  for (const { folder, bytes, entries } of demands) {
    const { dev } = statSync(systemPath(folder));
    const target = targets.get(dev) ?? { folder, bytes: 0, entries: 0 };
    target.bytes += bytes;
    target.entries += entries;
    targets.set(dev, target);
  }
  return targets;
}

const notEnoughSpace = ({ folder }: Target, why: string): Error =>
  new Error(
    `The deployment failed because there is not enough room on the disk: the file system of "${folder}" ${why}`,
  );
