import type { Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { entryPath } from "../files/entry-path.ts";
import { followLinks } from "../files/follow-links.ts";
import { FolderCache } from "../files/folder-cache.ts";
import { shownPath } from "../files/system-path.ts";

/** The place of a folder that is written to. */
export interface FolderDestination {
  /** Its path without links. */
  readonly path: string;
  /** Whether it exists, and will not be removed before it is needed. */
  readonly exists: boolean;
}

/** The place of a file that will be written. */
export interface EntryDestination {
  /** Its path, without links in its folder. */
  readonly path: string;
  /** The status of what is there now and will not be removed. */
  readonly standing: Stats | undefined;
}

/** Resolves destinations on this host, as they will be once the previous revision is removed. */
export class Destinations {
  readonly #removals: ReadonlySet<string>;
  readonly #isRoot = process.getuid?.() === 0;
  readonly #held = new FolderCache();
  readonly #folders = new Map<string, FolderDestination>([["/", { path: "/", exists: true }]]);

  constructor(removals: ReadonlySet<string>) {
    this.#removals = removals;
  }

  /** Resolves a folder. Throws when something else has its path, or a link in the path is not safe. */
  folder(path: string): FolderDestination {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const { path: real, standing } = this.entry(path);
    const place = standing === undefined ? { path: real, exists: false } : this.#entered(path, real, standing);
    this.#folders.set(path, place);
    return place;
  }

  /** Resolves an entry of a folder. */
  entry(path: string, folder = this.folder(dirname(path))): EntryDestination {
    const name = basename(path);
    const real = entryPath(folder.path, name);
    if (!folder.exists || this.#removals.has(real)) return { path: real, standing: undefined };
    return { path: real, standing: this.#held.open(folder.path).look(name) };
  }

  /** Whether a path will be removed with the previous revision. */
  willBeRemoved(real: string): boolean {
    return this.#removals.has(real);
  }

  /** Whether a path is a folder. Nothing is written there, so every link may be followed. */
  isFolder(path: string): boolean {
    try {
      return followLinks(path, false).stat?.isDirectory() === true;
    } catch {
      return false; // nor one that this process may not see
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
