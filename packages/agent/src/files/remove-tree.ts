import { rmdirSync, unlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { followLinks } from "./follow-links.ts";
import { FolderCache } from "./folder-cache.ts";
import { OpenFolder, withPath } from "./open-folder.ts";
import { yieldToEventLoop } from "../yield-to-event-loop.ts";
import { entriesIn } from "./system-path.ts";

/** Entries between which the agent does nothing else. */
const entriesPerTurn = 64;

/**
 * Deletes a file or a folder with all that is in it; links are deleted, not followed, and folders held open meanwhile, so
 * that nobody puts a link in the place of one. What cannot be deleted stays, with the folders that hold it, and is thrown when all else is gone.
 * Node's own way asks the thread pool twice for every file, and takes three times the work.
 */
export async function removeTree(path: string): Promise<void> {
  const troubles: Error[] = [];
  const above = followLinks(dirname(path), process.getuid?.() === 0);
  if (above.stat?.isDirectory() !== true) return;
  const folders = new FolderCache();
  try {
    const parent = folders.open(above.path);
    const name = basename(path);
    if (parent.look(name)?.isDirectory() === true) await removeFolder(parent, name, { path, troubles });
    else attempt(() => unlinkSync(parent.at(name)), { path, troubles });
  } finally {
    folders.close();
  }
  const [first, ...others] = troubles;
  if (first === undefined) return;
  throw new Error(others.length === 0 ? first.message : `${first.message}, and ${others.length} more`, {
    cause: first,
  });
}

interface Removal {
  readonly path: string;
  readonly troubles: Error[];
}

async function removeFolder(parent: OpenFolder, name: string, { path, troubles }: Removal): Promise<void> {
  let folder: OpenFolder | undefined;
  try {
    folder = parent.child(name);
    for (const [index, entry] of entriesIn(folder.path).entries()) {
      if (index % entriesPerTurn === entriesPerTurn - 1) await yieldToEventLoop();
      const inside = { path: `${path}/${entry.name}`, troubles };
      const at = folder.at(entry.name);
      if (entry.kind === "folder") await removeFolder(folder, entry.name, inside);
      else attempt(() => unlinkSync(at), inside);
    }
  } catch (error) {
    troubles.push(withPath(error, path));
  } finally {
    folder?.close();
  }
  attempt(() => rmdirSync(parent.at(name)), { path, troubles });
}

/** What is gone already is no trouble, and a folder that holds what stays has been told of. */
function attempt(remove: () => void, { path, troubles }: Removal): void {
  try {
    remove();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || (code === "ENOTEMPTY" && troubles.length > 0)) return;
    troubles.push(withPath(error, path));
  }
}
