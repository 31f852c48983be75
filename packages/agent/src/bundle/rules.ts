import { isAbsolute, resolve } from "node:path";
import { type ByteName, byteName, quoted } from "./byte-name.ts";
import { BundleLinks, isInside, leadsOut } from "./links.ts";

/** Below this size the ratio tells nothing: a file of zeros is harmless. */
const ratioFromBytes = 64 * 2 ** 20;

/** The longest names that the system takes, in bytes: of a path, and of one of its parts. */
const pathBytesMax = 4095;
const nameBytesMax = 255;

/** Links about which a warning says more than how many there are. */
const warningsMax = 20;

/** Which rules are in force. The official agent's switches for them are off; ours are on unless the configuration says otherwise. */
export interface RuleSwitches {
  /** Symbolic links that lead out of the bundle. */
  readonly rejectOutsideSymlinks: boolean;
  /** Every symbolic link, wherever it leads. */
  readonly rejectSymlinks: boolean;
  /** Files that run with their owner's rights. */
  readonly rejectUnsafePermissions: boolean;
  /** Files belong to whom the archive says, when the agent may give them away. */
  readonly keepOwners: boolean;
  /** Bytes that a bundle may unpack to. */
  readonly bytesMax: number;
  /** Files, folders and links that a bundle may have. */
  readonly entriesMax: number;
  /** How many times its own size a bundle may unpack to. */
  readonly ratioMax: number;
}

/** What holds when the configuration says nothing. Beyond the limits a bundle is taken for a bomb. */
export const rulesByDefault: RuleSwitches = {
  rejectOutsideSymlinks: false, // `storage -> /mnt/shared` is common, and nothing is ever written through a link
  rejectSymlinks: false,
  rejectUnsafePermissions: true,
  keepOwners: true,
  bytesMax: 20 * 2 ** 30, // as much as a large application with all its dependencies, many times over
  entriesMax: 200_000, // every entry costs a file on the host
  ratioMax: 250, // text compresses to a tenth, source trees to a fiftieth
};

/** An archive entry that must not be unpacked. */
export class UnsafeEntry extends Error {}

/** What may be unpacked, and where: judges every entry of one bundle before anything of it is written. */
export class BundleRules {
  readonly #root: ByteName;
  readonly #archiveBytes: number;
  readonly #switches: RuleSwitches;
  readonly #links = new BundleLinks();
  #entries = 0;
  #bytes = 0;

  constructor(root: string, archiveBytes: number, switches: RuleSwitches = rulesByDefault) {
    this.#root = byteName(resolve(root));
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
  place(name: ByteName): ByteName {
    this.countEntry(name);
    return this.#place(name, (path) => path);
  }

  /** The path of an entry that another one names: it may be a link, and not be beyond one. */
  other(name: ByteName): ByteName {
    return this.#place(name, (path) => path.slice(0, path.lastIndexOf("/")));
  }

  /** Counts an entry, or a folder that an entry's name asks for. Throws when there are too many. */
  countEntry(name: ByteName): void {
    this.#entries += 1;
    const { entriesMax } = this.#switches;
    if (this.#entries > entriesMax)
      throw new UnsafeEntry(
        `The bundle has more than ${entriesMax} entries; ${quoted(name)} is the first one too many (archive_max_entries sets the limit)`,
      );
  }

  /** The path of a symbolic link, to be made when all else is written. */
  link(name: ByteName, target: ByteName): ByteName {
    const path = this.place(name);
    if (this.#switches.rejectSymlinks)
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} is a symbolic link, and reject_symlinks_in_bundle is set`,
      );
    if (target === "" || target.includes("\0"))
      throw new UnsafeEntry(`The bundle's link ${quoted(name)} has no usable target`);
    this.#links.add(path, { name, target });
    return path;
  }

  /** The target of the link that stands at a path. */
  targetAt(path: ByteName): ByteName | undefined {
    return this.#links.all.get(path)?.target;
  }

  /** Gives a warning for every link that leads out of the folder which stands for the whole bundle, or throws where that is forbidden. */
  judgeLinks(root: ByteName): readonly string[] {
    const warnings: string[] = [];
    let more = 0;
    for (const [path, { name, target }] of this.#links.all) {
      const leaves = leadsOut(path, target, root);
      if (leaves === undefined) continue;
      const trouble = `The bundle's link ${quoted(name)} leaves the bundle${leaves === "perhaps" ? ", or may do so" : ""}: it points to ${quoted(target)}`;
      if (this.#switches.rejectOutsideSymlinks)
        throw new UnsafeEntry(`${trouble}, and reject_outside_symlinks_in_bundle is set`);
      if (warnings.length < warningsMax) warnings.push(`${trouble}. It is kept as a link, and not followed`);
      else more += 1;
    }
    return more === 0 ? warnings : [...warnings, `${more} more links leave the bundle`];
  }

  /** The permission bits of a file. Throws when it would run with its owner's rights. */
  mode(name: ByteName, mode: number): number {
    if (!this.#switches.rejectUnsafePermissions) return mode & 0o7777;
    if ((mode & 0o6000) !== 0)
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} has a setuid or setgid bit (mode ${(mode & 0o7777).toString(8)})`,
      );
    return mode & 0o777;
  }

  /** Counts bytes that come out of the archive. Throws when they are too many. */
  count(name: ByteName, bytes: number): void {
    this.#bytes += bytes;
    const { bytesMax, ratioMax } = this.#switches;
    if (this.#bytes > bytesMax)
      throw new UnsafeEntry(
        `The bundle unpacks to more than ${bytesMax} bytes, at its entry ${quoted(name)} (archive_max_extraction_size sets the limit)`,
      );
    if (this.#bytes > ratioFromBytes && this.#bytes > this.#archiveBytes * ratioMax)
      throw new UnsafeEntry(
        `The bundle unpacks to more than ${ratioMax} times its size, at its entry ${quoted(name)} (archive_max_compression_ratio sets the limit)`,
      );
  }

  #place(name: ByteName, mayBeLink: (path: ByteName) => ByteName): ByteName {
    refuseOddName(name);
    if (isAbsolute(name)) throw new UnsafeEntry(`The bundle's entry ${quoted(name)} has an absolute path`);
    const path = resolve(this.#root, name);
    if (!isInside(path, this.#root) || name.split("/").includes(".."))
      throw new UnsafeEntry(`The bundle's entry ${quoted(name)} leaves the bundle`);
    const through = this.#links.on(mayBeLink(path));
    if (through !== undefined)
      throw new UnsafeEntry(`The bundle's entry ${quoted(name)} goes through the link ${quoted(through.name)}`);
    return path;
  }
}

function refuseOddName(name: ByteName): void {
  if (name.includes("\0")) throw new UnsafeEntry(`The bundle's entry ${quoted(name)} has a NUL character in its name`);
  if (name.length > pathBytesMax || name.split("/").some((part) => part.length > nameBytesMax))
    throw new UnsafeEntry(
      `The bundle's entry ${quoted(name)} has too long a name: ${nameBytesMax} bytes for each part and ${pathBytesMax} in all is what the system takes`,
    );
}
