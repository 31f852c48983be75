import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync } from "node:fs";

/** One of the agent's own files cannot be used as it is. */
export class UnusableFile extends Error {}

/**
 * Reads a file that the agent has written; undefined when there is none. Throws when somebody else may have written it: its
 * content decides what root deletes and runs.
 */
export function readOwnFile(path: string): Buffer | undefined {
  const descriptor = openOwn(path);
  if (descriptor === undefined) return undefined;
  try {
    refuseForeign(path, descriptor);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Renames a damaged file, so that it fails only one deployment. Returns its new path. */
export function setAside(path: string): string {
  const aside = `${path}.damaged`;
  renameSync(path, aside);
  return aside;
}

function openOwn(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code !== "ELOOP") throw error;
    throw new UnusableFile(
      `Cannot use "${path}": it is a symbolic link, and a file of the agent was expected. Remove it`,
    );
  }
}

function refuseForeign(path: string, descriptor: number): void {
  const stat = fstatSync(descriptor);
  if (!stat.isFile())
    throw new UnusableFile(`Cannot use "${path}": it is not a file, and one of the agent was expected. Remove it`);
  if (process.getuid?.() !== 0 || (stat.uid === 0 && (stat.mode & 0o022) === 0)) return;
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0");
  throw new UnusableFile(
    `Cannot use "${path}": it belongs to user ${stat.uid} and has mode ${mode}, so others than root may have written it. Look whether it is right, then run: chown root "${path}" && chmod go-w "${path}"; or remove it`,
  );
}
