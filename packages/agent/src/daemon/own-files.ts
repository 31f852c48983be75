import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { ownFileMode } from "../files/atomic-file.ts";
import { shownPath } from "../files/system-path.ts";

/**
 * Closes what this process makes from now on to other users, whatever umask it was started with: whoever may write in a
 * folder of the agent's can put another script in the place of one that is about to run.
 */
export function closeToOthers(): void {
  process.umask(process.umask() | 0o022);
}

/** Opens a file to append to, in a folder that may be another user's: a link is not followed, and nothing that has another name besides. */
export function openOutput(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, ownFileMode);
  const stat = fstatSync(descriptor);
  if (stat.isFile() && stat.nlink === 1) return descriptor;
  closeSync(descriptor);
  throw new Error(
    `Cannot write to "${shownPath(path)}": a file with no other name was expected, and this is none. Remove it`,
  );
}
