import type { Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { entryPath } from "../files/entry-path.ts";
import { followLinks } from "../files/follow-links.ts";
import { FolderCache } from "../files/folder-cache.ts";
import { shownPath } from "../files/system-path.ts";

/** A folder that is written into. */
export interface FolderDestination {
  /** Without links. */
  readonly path: string;
  /** Whether it is there, and will not be gone before it is needed. */
  readonly exists: boolean;
}

/** A file that is to be written. */
export interface EntryDestination {
  /** Without links on the way. */
  readonly path: string;
  /** What stands there. */
  readonly standing: Stats | undefined;
}

/** Where destinations are on this host: what is there already, and what a previous revision's end will leave of it. */
export class Destinations {
  readonly #removals: ReadonlySet<string>;
  readonly #isRoot = process.getuid?.() === 0;
  readonly #held = new FolderCache();
  readonly #folders = new Map<string, FolderDestination>([["/", { path: "/", exists: true }]]);

  constructor(removals: ReadonlySet<string>) {
    this.#removals = removals;
  }

  /** Where a folder is. Throws when something else stands there, or the way is not safe. */
  folder(path: string): FolderDestination {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const { path: real, standing } = this.entry(path);
    const place = standing === undefined ? { path: real, exists: false } : this.#entered(path, real, standing);
    this.#folders.set(path, place);
    return place;
  }

  /** Where an entry of a folder is. */
  entry(path: string, folder = this.folder(dirname(path))): EntryDestination {
    const name = basename(path);
    const real = entryPath(folder.path, name);
    if (!folder.exists || this.#removals.has(real)) return { path: real, standing: undefined };
    return { path: real, standing: this.#held.open(folder.path).look(name) };
  }

  /** Whether a path is one that the previous revision has made and takes along. */
  willBeRemoved(real: string): boolean {
    return this.#removals.has(real);
  }

  /** Whether a folder stands somewhere. Nothing is done there, so that every link may be followed. */
  isFolder(path: string): boolean {
    try {
      return followLinks(path, false).stat?.isDirectory() === true;
    } catch {
      return false; // whatever keeps us from seeing it, too
    }
  }

  close(): void {
    this.#held.close();
  }

  #entered(path: string, real: string, standing: Stats): FolderDestination {
    if (standing.isDirectory()) return { path: real, exists: true };
    if (!standing.isSymbolicLink()) throw cannotBeMade(path, "a file stands there");
    const end = followLinks(real, this.#isRoot);
    if (end.stat === undefined) throw cannotBeMade(path, "a symbolic link that leads nowhere stands there");
    if (!end.stat.isDirectory()) throw cannotBeMade(path, "a symbolic link to a file stands there");
    return { path: end.path, exists: true };
  }
}

const cannotBeMade = (path: string, why: string): Error =>
  new Error(`The deployment failed because the folder "${shownPath(path)}" cannot be made: ${why}`);
