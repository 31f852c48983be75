import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type ByteName, pathOf, quoted } from "./byte-name.ts";
import { type EntryRules, UnsafeEntry } from "./entry-rules.ts";
import { isInside } from "./links.ts";
import type { Piece } from "./tar-reader.ts";

// Calls that wait are used on purpose: an archive has thousands of small files, and a detour through the thread pool
// costs each of them more than the call. Between two chunks of an archive others have their turn.

/** A symbolic link, or a further name of one, that is made when everything else is there. */
export interface LaterLink {
  readonly name: ByteName;
  readonly path: ByteName;
  readonly target: ByteName;
  readonly isHard: boolean;
}

/** Writes the entries of one archive below a root: symbolic links last, so that nothing is ever written through one. */
export class TreeWriter {
  readonly #rules: EntryRules;
  readonly #root: ByteName;
  readonly #made = new Set<ByteName>();
  readonly #links: LaterLink[] = [];

  /** The root is an empty folder. */
  constructor(rules: EntryRules, root: ByteName) {
    this.#rules = rules;
    this.#root = root;
    this.#made.add(root);
  }

  /** The folders that were made, the root among them: those that the archive names, and those that it implies. */
  get folders(): ReadonlySet<ByteName> {
    return this.#made;
  }

  /** Makes a folder unless it is there already. Returns its path. */
  folder(name: ByteName): ByteName {
    const path = this.#rules.place(name);
    this.writing(name, () => {
      if (this.#made.has(path)) return;
      this.#makeFolder(dirname(path), name);
      mkdirSync(pathOf(path));
      this.#made.add(path);
    });
    return path;
  }

  /** Writes a file; `settle` gives the open file its owner, mode and times. */
  async file(
    name: ByteName,
    content: AsyncIterable<Piece> | Iterable<Piece>,
    settle: (file: number, path: ByteName) => void,
  ): Promise<void> {
    const path = this.#rules.place(name);
    const file = this.writing(name, () => this.#create(path, name));
    try {
      await this.#fill(file, name, content);
      this.writing(name, () => settle(file, path));
    } finally {
      closeSync(file);
    }
  }

  /** Notes a symbolic link. Returns its path. */
  symbolicLink(name: ByteName, target: ByteName): ByteName {
    const path = this.#rules.link(name, target);
    this.#links.push({ name, path, target, isHard: false });
    return path;
  }

  /** A second name for an entry before it. While there are no symbolic links on the disk, none can lead it elsewhere. Returns what was made at once; undefined for the further name of a symbolic link. */
  hardLink(name: ByteName, entry: ByteName): LaterLink | undefined {
    const other = this.#rules.other(entry);
    const target = this.#rules.targetAt(other);
    if (target !== undefined) {
      this.#links.push({ name, path: this.#rules.link(name, target), target: other, isHard: true });
      return undefined;
    }
    const link = { name, path: this.#rules.place(name), target: other, isHard: true };
    if (link.path === other) return undefined;
    this.writing(name, () => this.#makeLink(link));
    return link;
  }

  /** Makes the symbolic links and what else they are called; tells of each. */
  makeLinks(made: (link: LaterLink) => void): void {
    for (const link of this.#links)
      this.writing(link.name, () => {
        this.#makeLink(link);
        made(link);
      });
  }

  /** Makes a folder that an entry needs and those above it, one at a time: each costs the host as much as a file does, and is counted like one. */
  #makeFolder(path: ByteName, name: ByteName): void {
    const missing: ByteName[] = [];
    for (let folder = path; !this.#made.has(folder) && isInside(folder, this.#root); folder = dirname(folder))
      missing.push(folder);
    for (const folder of missing.toReversed()) {
      this.#rules.countEntry(name);
      mkdirSync(pathOf(folder));
      this.#made.add(folder);
    }
  }

  async #fill(file: number, name: ByteName, content: AsyncIterable<Piece> | Iterable<Piece>): Promise<void> {
    let at = 0;
    let isHole = false;
    for await (const piece of content) {
      const bytes = typeof piece === "number" ? piece : piece.length;
      this.#rules.count(name, bytes);
      if (typeof piece !== "number") this.writing(name, () => writeWhole(file, piece, at));
      at += bytes;
      isHole = typeof piece === "number";
    }
    if (isHole) this.writing(name, () => ftruncateSync(file, at));
  }

  #makeLink({ name, path, target, isHard }: LaterLink): void {
    this.#makeFolder(dirname(path), name);
    try {
      unlinkSync(pathOf(path)); // of two entries with one name the later one counts
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (isHard) linkSync(pathOf(target), pathOf(path));
    else symlinkSync(pathOf(target), pathOf(path));
  }

  #create(path: ByteName, name: ByteName): number {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    this.#makeFolder(dirname(path), name);
    try {
      return openSync(pathOf(path), flags, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      unlinkSync(pathOf(path)); // of two entries with one name the later one counts
      return openSync(pathOf(path), flags, 0o600);
    }
  }

  /** Does what writes an entry; what the system refuses is said with the entry's name. */
  writing<Result>(name: ByteName, write: () => Result): Result {
    try {
      return write();
    } catch (cause) {
      if (cause instanceof UnsafeEntry) throw cause;
      throw new UnsafeEntry(
        `The ${this.#rules.noun}'s entry ${quoted(name)} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
}

function writeWhole(file: number, chunk: Uint8Array, at: number): void {
  for (let written = 0; written < chunk.length;)
    written += writeSync(file, chunk, written, chunk.length - written, at + written);
}
