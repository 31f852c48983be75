import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type DeploymentFolders, readPointer } from "./folders.ts";
import { removeTree } from "./remove-tree.ts";

/** Deletes the oldest deployments of a group, so that at most `maxRevisions` folders are left, the current one included (agent.md §3.8). */
export async function deleteOldRevisions(
  folders: DeploymentFolders,
  groupId: string,
  maxRevisions: number,
): Promise<void> {
  const last = readPointer(folders.instructions, groupId, "last_successful_install");
  const candidates = readdirSync(folders.group)
    .map((name) => join(folders.group, name))
    .filter((path) => path !== folders.deployment)
    .map((path) => ({ path, time: statSync(path).mtimeMs }))
    .toSorted((a, b) => a.time - b.time);
  // The last successful revision has the scripts that stop the application: it stays, and counts.
  const extra = candidates
    .filter(({ path }) => path !== last)
    .slice(0, Math.max(0, candidates.length - maxRevisions + 1));
  for (const { path } of extra) await removeTree(path);
}
