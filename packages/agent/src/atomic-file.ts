import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file that appears complete or not at all, whatever ends the agent. `durable`: not even a power cut undoes it. */
export function writeAtomically(path: string, text: string, { durable = false }: { durable?: boolean } = {}): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { flush: durable });
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
