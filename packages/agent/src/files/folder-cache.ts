import { basename, dirname } from "node:path";
import { OpenFolder, withPath } from "./open-folder.ts";

/** Folders that are held open beside those in use: those of one part of a tree. */
const foldersMax = 128;

interface Held {
  readonly folder: OpenFolder;
  users: number;
}

/** Opens folders by paths in which nothing is followed, and holds those that were used last. */
export class FolderCache {
  readonly #held = new Map<string, Held>();

  constructor() {
    this.#held.set("/", { folder: OpenFolder.root(), users: 1 });
  }

  /** Gives a folder for as long as nothing else is asked for. Throws the system's error when a part of the path is a link, no folder, or not there. */
  open(path: string): OpenFolder {
    return this.#find(path).folder;
  }

  /** Has work done in a folder, which stays open until then. */
  async during<Result>(path: string, work: (folder: OpenFolder) => Promise<Result>): Promise<Result> {
    const held = this.#find(path);
    held.users += 1;
    try {
      return await work(held.folder);
    } finally {
      held.users -= 1;
    }
  }

  /** Lets a folder go, because another one may stand there now. */
  forget(path: string): void {
    const held = this.#held.get(path);
    if (held === undefined || held.users > 0) return;
    held.folder.close();
    this.#held.delete(path);
  }

  /** Lets all folders go. */
  close(): void {
    for (const { folder } of this.#held.values()) folder.close();
    this.#held.clear();
  }

  #find(path: string): Held {
    const known = this.#held.get(path);
    if (known !== undefined) return known;
    const held = { folder: enter(this.#find(dirname(path)).folder, path), users: 0 };
    this.#held.set(path, held);
    if (this.#held.size > foldersMax) this.#letOneGo(path);
    return held;
  }

  #letOneGo(newest: string): void {
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
