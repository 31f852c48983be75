import { basename, dirname } from "node:path";
import { OpenFolder, withPath } from "./open-folder.ts";

/** Folders that are kept open besides those in use: enough for one part of a tree. */
const foldersMax = 128;

interface Held {
  readonly folder: OpenFolder;
  users: number;
}

/** Opens folders without following links in their paths, and keeps the last ones open. */
export class FolderCache {
  readonly #held = new Map<string, Held>();

  constructor() {
    this.#held.set("/", { folder: OpenFolder.root(), users: 1 });
  }

  /** Returns a folder that stays open until the next call. Throws the system's error when a part of the path is a link, not a folder, or missing. */
  open(path: string): OpenFolder {
    return this.#find(path).folder;
  }

  /** Keeps a folder open while work is done in it. */
  async during<Result>(path: string, work: (folder: OpenFolder) => Promise<Result>): Promise<Result> {
    const held = this.#find(path);
    held.users += 1;
    try {
      return await work(held.folder);
    } finally {
      held.users -= 1;
    }
  }

  /** Closes a folder, because another one may have its path now. */
  forget(path: string): void {
    const held = this.#held.get(path);
    if (held === undefined || held.users > 0) return;
    held.folder.close();
    this.#held.delete(path);
  }

  /** Closes all folders. */
  close(): void {
    for (const { folder } of this.#held.values()) folder.close();
    this.#held.clear();
  }

  #find(path: string): Held {
    const known = this.#held.get(path);
    if (known !== undefined) return known;
    const held = { folder: enter(this.#find(dirname(path)).folder, path), users: 0 };
    this.#held.set(path, held);
    if (this.#held.size > foldersMax) this.#closeOldest(path);
    return held;
  }

  #closeOldest(newest: string): void {
    for (const [path, { users }] of this.#held) {
      if (users > 0 || path === newest) continue;
      this.forget(path);
      return;
    }
  }
}

function enter(parent: OpenFolder, path: string): OpenFolder {
  try {
    return parent.child(basename(path));
  } catch (error) {
    throw withPath(error, path);
  }
}
