import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Who may read what the agent writes for itself: root and its group. It tells of bundles, paths and groups. */
export const ownFileMode = 0o640;
/** The same for folders that nobody else has to pass through. */
export const ownFolderMode = 0o750;

/** Writes a file that appears complete or not at all, whatever ends the agent. `durable`: not even a power cut undoes it. */
export function writeAtomically(path: string, text: string, { durable = false }: { durable?: boolean } = {}): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { flush: durable, mode: ownFileMode });
  renameSync(temporary, path);
  if (durable) force(dirname(path));
}

function force(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
