import { rmdirSync, unlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { followLinks } from "./follow-links.ts";
import { FolderCache } from "./folder-cache.ts";
import { OpenFolder, withPath } from "./open-folder.ts";
import { yieldToEventLoop } from "../yield-to-event-loop.ts";
import { entriesIn } from "./system-path.ts";

/** Entries that are removed before other work gets its turn. */
const entriesPerTurn = 64;

/**
 * Deletes a file, or a folder recursively. Links are deleted, not followed, and folders are kept open meanwhile, so that
 * nobody can replace one by a link. What cannot be deleted is left, with its folders, and reported at the end by an Error.
 * Node's `rm` uses the thread pool twice for every file, and takes three times as long.
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

/** A missing entry is no error, nor a folder that is not empty because of an earlier error. */
function attempt(remove: () => void, { path, troubles }: Removal): void {
  try {
    remove();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || (code === "ENOTEMPTY" && troubles.length > 0)) return;
    troubles.push(withPath(error, path));
  }
}
