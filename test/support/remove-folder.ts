import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes a data folder, whatever rights tests and instances have left on it. */
export function removeFolder(folder: string): void {
  if (removed(folder)) return;
  openFolders(folder);
  if (removed(folder)) return;
  // The disks of isolated instances hold files of this user's subordinate ids: only root of a user namespace that has them may remove those.
  execFileSync("unshare", ["--map-root-user", "--map-auto", "rm", "-rf", folder]);
}

/** Whether it could be removed; throws where the reason is not somebody's rights. */
function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    return false;
  }
}

/** Gives this user all rights to its own folders: what runs as root of an instance may close them even to their owner. */
function openFolders(folder: string): void {
  try {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) openFolders(join(folder, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error; // somebody else's
  }
}
