import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes a data folder, whatever its permissions are. */
export function removeFolder(folder: string): void {
  if (removed(folder)) return;
  openFolders(folder);
  if (removed(folder)) return;
  // The disks of isolated instances have files of this user's subordinate ids, which only root of a user namespace with these ids may remove.
  execFileSync("unshare", ["--map-root-user", "--map-auto", "rm", "-rf", folder]);
}

/** Tries to remove it. Returns false if permissions prevent that; throws other errors. */
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

/** Gives this user access to its own folders: root of an instance may have taken it away even from their owner. */
function openFolders(folder: string): void {
  try {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) openFolders(join(folder, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error; // somebody else's
  }
}
