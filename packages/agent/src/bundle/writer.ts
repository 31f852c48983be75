import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type ByteName, pathOf, quoted } from "./byte-name.ts";
import { isInside } from "./links.ts";
import { type SaidOfFile, saidOf, unpackedMode } from "../archive-attributes.ts";
import { giveAway } from "../give-away.ts";
import { type BundleRules, UnsafeEntry } from "./rules.ts";

// Calls that wait are used on purpose: a bundle has thousands of small files, and a detour through the thread pool
// costs each of them more than the call. Between two chunks of a bundle others have their turn.

/** What an archive says of a file. */
export interface EntryHead {
  readonly name: ByteName;
  readonly mode: number;
  readonly modified?: Date | undefined;
  /** Whose it is, by number; it will be when it is installed, if the agent may give files away. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A piece of a file: bytes, or how many zeros the archive has left out. */
export type Piece = Uint8Array | number;

interface Link {
  readonly name: ByteName;
  readonly path: ByteName;
  readonly target: ByteName;
  readonly isHard: boolean;
}

/** Writes the entries of one bundle below its root: symbolic links last, so that nothing is ever written through one. */
export class BundleWriter {
  readonly #rules: BundleRules;
  readonly #warn: (line: string) => void;
  readonly #root: ByteName;
  readonly #made = new Set<ByteName>();
  readonly #folderModes = new Map<ByteName, number>();
  readonly #links: Link[] = [];
  readonly #said = new Map<ByteName, SaidOfFile>();
  readonly #givesAway: boolean;

  constructor(rules: BundleRules, { root, warn }: { root: ByteName; warn: (line: string) => void }) {
    this.#rules = rules;
    this.#warn = warn;
    this.#root = root;
    this.#made.add(root);
    this.#givesAway = rules.keepsOwners && process.getuid?.() === 0;
  }

  folder({ name, mode }: EntryHead): void {
    const path = this.#rules.place(name);
    this.#writing(name, () => {
      if (this.#made.has(path)) return;
      this.#makeFolder(dirname(path), name);
      mkdirSync(pathOf(path));
      this.#made.add(path);
    });
    this.#folderModes.set(path, mode & 0o777);
  }

  async file(head: EntryHead, content: AsyncIterable<Piece> | Iterable<Piece>): Promise<void> {
    const { name, modified, owner } = head;
    const path = this.#rules.place(name);
    const mode = this.#rules.mode(name, head.mode);
    const file = this.#writing(name, () => this.#create(path, name));
    try {
      await this.#fill(file, name, content);
      this.#writing(name, () => {
        this.#belong(file, path, { mode, owner });
        if (modified !== undefined) futimesSync(file, modified, modified);
      });
    } finally {
      closeSync(file);
    }
  }

  symbolicLink(name: ByteName, target: ByteName): void {
    this.#links.push({ name, path: this.#rules.link(name, target), target, isHard: false });
  }

  /** A second name for an entry before it. While there are no symbolic links on the disk, none can lead it elsewhere. */
  hardLink(name: ByteName, entry: ByteName): void {
    const other = this.#rules.other(entry);
    const target = this.#rules.targetAt(other);
    if (target === undefined) {
      const path = this.#rules.place(name);
      if (path !== other) this.#writing(name, () => this.#makeLink({ name, path, target: other, isHard: true }));
    } else this.#links.push({ name, path: this.#rules.link(name, target), target: other, isHard: true });
  }

  /** What the bundle says of files that are not so yet, by path. */
  get said(): ReadonlyMap<ByteName, SaidOfFile> {
    return this.#said;
  }

  /** Counts bytes of an entry, or behind it, that are not written. */
  passOver(name: ByteName, bytes: number): void {
    this.#rules.count(name, bytes);
  }

  /** Tells of something odd that hurts nobody. */
  warn(line: string): void {
    this.#warn(line);
  }

  /** Makes the symbolic links and what else they are called, and gives folders their modes. */
  finish(): void {
    for (const link of this.#links) this.#writing(link.name, () => this.#makeLink(link));
    // The agent must be able to read and delete what it has unpacked.
    for (const [path, mode] of this.#folderModes) chmodSync(pathOf(path), unpackedMode(mode) | 0o700);
  }

  /** A file stays the agent's own, and nobody else's to write to. Its group may come: scripts that run as another user are read by it. */
  #belong(file: number, path: ByteName, { mode, owner }: Pick<EntryHead, "mode" | "owner">): void {
    const isGiven = owner !== undefined && this.#givesAway;
    if (isGiven) giveAway(file, { uid: process.geteuid?.() ?? 0, gid: owner.gid });
    fchmodSync(file, unpackedMode(mode));
    this.#say(path, saidOf({ mode, uid: isGiven ? owner.uid : undefined }));
  }

  #say(path: ByteName, said: SaidOfFile | undefined): void {
    if (said === undefined) this.#said.delete(path);
    else this.#said.set(path, said);
  }

  async #fill(file: number, name: ByteName, content: AsyncIterable<Piece> | Iterable<Piece>): Promise<void> {
    let at = 0;
    let isHole = false;
    for await (const piece of content) {
      const bytes = typeof piece === "number" ? piece : piece.length;
      this.#rules.count(name, bytes);
      if (typeof piece !== "number") this.#writing(name, () => writeWhole(file, piece, at));
      at += bytes;
      isHole = typeof piece === "number";
    }
    if (isHole) this.#writing(name, () => ftruncateSync(file, at));
  }

  #makeLink({ name, path, target, isHard }: Link): void {
    this.#makeFolder(dirname(path), name);
    try {
      unlinkSync(pathOf(path)); // of two entries with one name the later one counts
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (isHard) linkSync(pathOf(target), pathOf(path));
    else symlinkSync(pathOf(target), pathOf(path));
    this.#say(path, isHard ? this.#said.get(target) : undefined);
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

  /** What the system refuses is said with the entry's name. */
  #writing<Result>(name: ByteName, write: () => Result): Result {
    try {
      return write();
    } catch (cause) {
      if (cause instanceof UnsafeEntry) throw cause;
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
}

function writeWhole(file: number, chunk: Uint8Array, at: number): void {
  for (let written = 0; written < chunk.length;)
    written += writeSync(file, chunk, written, chunk.length - written, at + written);
}
