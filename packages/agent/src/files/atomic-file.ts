import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The mode of the agent's own files, which name bundles, paths and groups: only root and its group may read them. */
export const ownFileMode = 0o640;
/** The same for folders that nobody else has to traverse. */
export const ownFolderMode = 0o750;

/** Writes a file that appears complete or not at all, even if the agent is killed. `durable`: it survives a power cut. */
export function writeAtomically(path: string, text: string, { durable = false }: { durable?: boolean } = {}): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { flush: durable, mode: ownFileMode });
  renameSync(temporary, path);
  if (durable) syncFolder(dirname(path));
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
