import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type BundleRules, quoted, UnsafeEntry } from "./rules.ts";

// Calls that wait are used on purpose: a bundle has thousands of small files, and a detour through the thread pool
// costs each of them more than the call. Between two chunks of a bundle others have their turn.

/** What an archive says of a file. */
export interface EntryHead {
  readonly name: string;
  readonly mode: number;
  readonly modified?: Date | undefined;
  /** Whose it is, by number; kept when the agent may give files away. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

interface Link {
  readonly name: string;
  readonly path: string;
  readonly target: string;
  readonly isHard: boolean;
}

/** Writes the entries of one bundle below its root: links last, so that nothing is ever written through one. */
export class BundleWriter {
  readonly #rules: BundleRules;
  readonly #made = new Set<string>();
  readonly #folderModes = new Map<string, number>();
  readonly #links: Link[] = [];
  readonly #givesAway: boolean;

  constructor(rules: BundleRules) {
    this.#rules = rules;
    this.#givesAway = rules.keepsOwners && process.getuid?.() === 0;
  }

  folder({ name, mode }: EntryHead): void {
    const path = this.#rules.place(name);
    this.#writing(name, () => this.#makeFolder(path));
    this.#folderModes.set(path, mode & 0o777);
  }

  async file(head: EntryHead, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { name, modified, owner } = head;
    const path = this.#rules.place(name);
    const mode = this.#rules.mode(name, head.mode);
    const file = this.#writing(name, () => this.#create(path));
    try {
      for await (const chunk of content) {
        this.#rules.count(name, chunk.length);
        this.#writing(name, () => writeWhole(file, chunk));
      }
      this.#writing(name, () => {
        if (owner !== undefined && this.#givesAway) giveAway(file, owner);
        fchmodSync(file, mode); // after the owner, whose change clears setuid bits
        if (modified !== undefined) futimesSync(file, modified, modified);
      });
    } finally {
      closeSync(file);
    }
  }

  symbolicLink(name: string, target: string): void {
    this.#links.push({ name, path: this.#rules.link(name, target), target, isHard: false });
  }

  /** A second name for another entry. */
  hardLink(name: string, entry: string): void {
    this.#links.push({ name, path: this.#rules.place(name), target: this.#rules.place(entry), isHard: true });
  }

  /** Counts bytes of an entry, or behind it, that are not written. */
  passOver(name: string, bytes: number): void {
    this.#rules.count(name, bytes);
  }

  /** Makes the links, and gives folders their modes. */
  finish(): void {
    for (const { name, path, target, isHard } of this.#links.toSorted((a, b) => Number(b.isHard) - Number(a.isHard)))
      this.#writing(name, () => {
        this.#makeFolder(dirname(path));
        rmSync(path, { force: true });
        if (isHard) linkSync(target, path);
        else symlinkSync(target, path);
      });
    // The agent must be able to read and delete what it has unpacked.
    for (const [path, mode] of this.#folderModes) chmodSync(path, mode | 0o700);
  }

  #create(path: string): number {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    this.#makeFolder(dirname(path));
    try {
      return openSync(path, flags, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      rmSync(path); // of two entries with one name the later one counts
      return openSync(path, flags, 0o600);
    }
  }

  #makeFolder(path: string): void {
    if (this.#made.has(path)) return;
    mkdirSync(path, { recursive: true });
    this.#made.add(path);
  }

  /** What the system refuses is said with the entry's name. */
  #writing<Result>(name: string, write: () => Result): Result {
    try {
      return write();
    } catch (cause) {
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
}

function writeWhole(file: number, chunk: Uint8Array): void {
  for (let written = 0; written < chunk.length;) written += writeSync(file, chunk, written);
}

function giveAway(file: number, { uid, gid }: { uid: number; gid: number }): void {
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    // In a user namespace that does not know the number, the file stays the agent's.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EINVAL" && code !== "EPERM") throw error;
  }
}
