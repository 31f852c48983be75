import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents, one at a time: Node's recursive mkdir never returns where the system refuses a
 * folder whose parent exists (/proc, autofs), and reports a read-only file system as a missing file.
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
      // Another process has created it meanwhile.
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    }
  }
  if (missing.length === 0 && !statSync(path).isDirectory())
    throw new Error(`Cannot make the folder "${path}": a file stands there`);
}
