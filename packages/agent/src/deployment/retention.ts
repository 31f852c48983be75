import { lstatSync } from "node:fs";
import { join } from "node:path";
import { type DeploymentFolders, readPointer } from "./deployment-folders.ts";
import { removeTree } from "../files/remove-tree.ts";
import { namesIn, shownPath, systemPath } from "../files/system-path.ts";

/** Deletes the oldest deployments of a group, so that at most `maxRevisions` folders are left, the current one included (agent.md §3.8). Warns of what cannot be deleted. */
export async function deleteOldRevisions(
  folders: DeploymentFolders,
  groupId: string,
  { maxRevisions, warn }: { maxRevisions: number; warn: (line: string) => void },
): Promise<void> {
  const last = readPointer(folders.instructions, groupId, "last_successful_install");
  const candidates = namesIn(folders.group)
    .map((name) => join(folders.group, name))
    .filter((path) => path !== folders.deployment)
    .map((path) => ({ path, time: lstatSync(systemPath(path), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => a.time - b.time);
  // The last successful revision has the scripts that stop the application: it is kept, and counts.
  const extra = candidates
    .filter(({ path }) => path !== last)
    .slice(0, Math.max(0, candidates.length - maxRevisions + 1));
  for (const { path } of extra) {
    try {
      await removeTree(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      warn(`The old revision "${shownPath(path)}" stays, at least in part: ${reason}`);
    }
  }
}
