import { dirname, isAbsolute, resolve, sep } from "node:path";

/** Limits of one bundle. Beyond them it is taken for a bomb. */
export const limits = {
  /** Every entry costs a file on the host. */
  entriesMax: 200_000,
  /** As much as a large application with all its dependencies, many times over. */
  bytesMax: 20 * 2 ** 30,
  /** Text compresses to a tenth, source trees to a fiftieth. */
  ratioMax: 250,
  /** Below this size the ratio tells nothing: a file of zeros is harmless. */
  ratioFromBytes: 64 * 2 ** 20,
} as const;

/** The longest names that the system takes, in bytes: of a path, and of one of its parts. */
const pathBytesMax = 4095;
const nameBytesMax = 255;

/** Which rules are in force. The official agent's switches for them are off; ours are on unless the configuration says otherwise. */
export interface RuleSwitches {
  /** Entries and links that lead out of the bundle. */
  readonly rejectPathTraversal: boolean;
  /** Every symbolic link, wherever it leads. */
  readonly rejectSymlinks: boolean;
  /** Files that run with their owner's rights. */
  readonly rejectUnsafePermissions: boolean;
  /** Files belong to whom the archive says, when the agent may give them away. */
  readonly keepOwners: boolean;
  /** Bytes that a bundle may unpack to. */
  readonly bytesMax: number;
}

/** What holds when the configuration says nothing. */
export const rulesByDefault: RuleSwitches = {
  rejectPathTraversal: true,
  rejectSymlinks: false,
  rejectUnsafePermissions: true,
  keepOwners: true,
  bytesMax: limits.bytesMax,
};

/** An archive entry that must not be unpacked. */
export class UnsafeEntry extends Error {}

/** What may be unpacked, and where: judges every entry of one bundle before anything of it is written. */
export class BundleRules {
  readonly #root: string;
  readonly #archiveBytes: number;
  readonly #switches: RuleSwitches;
  readonly #links = new Map<string, { readonly name: string; readonly target: string }>();
  #entries = 0;
  #bytes = 0;

  constructor(root: string, archiveBytes: number, switches: RuleSwitches = rulesByDefault) {
    this.#root = resolve(root);
    this.#archiveBytes = archiveBytes;
    this.#switches = switches;
  }

  /** Whether files are given to whom the archive says. */
  get keepsOwners(): boolean {
    return this.#switches.keepOwners;
  }

  /** How many entries were judged. */
  get entries(): number {
    return this.#entries;
  }

  /** The path of an entry below the root. Throws when it would be elsewhere, or beyond a link. */
  place(name: string): string {
    this.#entries += 1;
    if (this.#entries > limits.entriesMax)
      throw new UnsafeEntry(
        `The bundle has more than ${limits.entriesMax} entries; ${quoted(name)} is the first one too many`,
      );
    refuseOddName(name);
    if (isAbsolute(name)) throw new UnsafeEntry(`The bundle's entry ${quoted(name)} has an absolute path`);
    const path = resolve(this.#root, name);
    if (!isInside(path, this.#root) || name.split("/").includes(".."))
      throw new UnsafeEntry(`The bundle's entry ${quoted(name)} leaves the bundle`);
    for (let folder = path; folder.length > this.#root.length; folder = dirname(folder)) {
      const through = this.#links.get(folder);
      if (through !== undefined)
        throw new UnsafeEntry(`The bundle's entry ${quoted(name)} goes through the link ${quoted(through.name)}`);
    }
    return path;
  }

  /** A symbolic link, to be made when all else is written. Throws when it leads out of the bundle. */
  link(name: string, target: string): string {
    const path = this.place(name);
    if (this.#switches.rejectSymlinks)
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} is a symbolic link, and reject_symlinks_in_bundle is set`,
      );
    if (target === "" || target.includes("\0"))
      throw new UnsafeEntry(`The bundle's link ${quoted(name)} has no usable target`);
    this.#refuseEscape(path, { name, target }, this.#root);
    this.#links.set(path, { name, target });
    return path;
  }

  /** Throws when a link leads out of a folder that is to stand for the whole bundle. */
  confineLinks(root: string): void {
    for (const [path, link] of this.#links) this.#refuseEscape(path, link, resolve(root));
  }

  /** The permission bits of a file. Throws when it would run with its owner's rights. */
  mode(name: string, mode: number): number {
    if (!this.#switches.rejectUnsafePermissions) return mode & 0o7777;
    if ((mode & 0o6000) !== 0)
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} has a setuid or setgid bit (mode ${(mode & 0o7777).toString(8)})`,
      );
    return mode & 0o777;
  }

  /** Counts bytes that come out of the archive. Throws when they are too many. */
  count(name: string, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#switches.bytesMax)
      throw new UnsafeEntry(
        `The bundle unpacks to more than ${this.#switches.bytesMax} bytes, at its entry ${quoted(name)}`,
      );
    if (this.#bytes > limits.ratioFromBytes && this.#bytes > this.#archiveBytes * limits.ratioMax)
      throw new UnsafeEntry(
        `The bundle unpacks to more than ${limits.ratioMax} times its size, at its entry ${quoted(name)}`,
      );
  }

  /**
   * A target may climb first and then descend, never climb again: what it descends into may be another link, and `..`
   * behind a link is somewhere else than it looks. So each link stays inside because all others do.
   */
  #refuseEscape(path: string, { name, target }: { name: string; target: string }, root: string): void {
    if (!this.#switches.rejectPathTraversal) return;
    const steps = target.split("/").filter((step) => step !== "" && step !== ".");
    const down = steps.findIndex((step) => step !== "..");
    const climbsAgain = down !== -1 && steps.slice(down).includes("..");
    if (isAbsolute(target) || climbsAgain || !isInside(resolve(dirname(path), target), root))
      throw new UnsafeEntry(
        `The bundle's link ${quoted(name)} leaves the bundle${climbsAgain ? ", or may do so" : ""}: it points to ${quoted(target)}`,
      );
  }
}

function refuseOddName(name: string): void {
  if (name.includes("\0")) throw new UnsafeEntry(`The bundle's entry ${quoted(name)} has a NUL character in its name`);
  const parts = name.split("/");
  if (Buffer.byteLength(name) > pathBytesMax || parts.some((part) => Buffer.byteLength(part) > nameBytesMax))
    throw new UnsafeEntry(
      `The bundle's entry ${quoted(name)} has too long a name: ${nameBytesMax} bytes for each part and ${pathBytesMax} in all is what the system takes`,
    );
}

/** Characters of a name that are shown. */
const shownMax = 200;

/** A name for a message: nothing in it can be taken for something else, or fill a screen. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > shownMax ? `${name.slice(0, shownMax)}…` : name);
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root + sep);
}
