import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing. One at a time: Node's own way never ends where the system says that
 * it cannot make a folder whose parent is there (/proc, autofs), and reports a read-only file system as a missing file.
 */
export function makeFolders(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let folder = path; statSync(folder, { throwIfNoEntry: false }) === undefined; folder = dirname(folder)) {
    missing.push(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of missing.toReversed()) {
    try {
      mkdirSync(folder, mode);
    } catch (error) {
      // Another one has made it meanwhile.
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    }
  }
  if (missing.length === 0 && !statSync(path).isDirectory())
    throw new Error(`Cannot make the folder "${path}": a file stands there`);
}
