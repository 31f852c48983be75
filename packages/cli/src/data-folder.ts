import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Nobody but this user. */
const closedMask = 0o077;

/**
 * Makes the data folder, for this user alone: whatever was there before is closed to others, and whatever this process
 * writes from now on is. What others are to read, the code of functions or an instance's files, is opened where it is made.
 */
export function openDataFolder(dataFolder: string): void {
  process.umask(closedMask);
  try {
    mkdirSync(dataFolder, { recursive: true });
  } catch (cause) {
    throw new Error(`Cannot make the data folder "${dataFolder}"; name another with --data`, { cause });
  }
  close(dataFolder);
  for (const folder of [dataFolder, join(dataFolder, "cloud")])
    if (existsSync(folder)) for (const name of readdirSync(folder)) close(join(folder, name));
}

/** Closes a file or a folder to others; what lies in a closed folder is out of reach, and need not be looked at. */
function close(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || (!found.isDirectory() && !found.isFile())) return;
  try {
    chmodSync(path, found.mode & ~closedMask);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return; // a file of a database that another process has just closed
    throw new Error(`Cannot close "${path}" to other users: name another data folder with --data`, { cause });
  }
}
