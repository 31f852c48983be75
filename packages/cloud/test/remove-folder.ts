import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";

/** Removes a data folder. The disks of isolated instances hold files of this user's subordinate ids: only root of a user namespace that has them may remove those. */
export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    execFileSync("unshare", ["--map-root-user", "--map-auto", "rm", "-rf", folder]);
  }
}
