import { isAbsolute, resolve } from "node:path";
import { type ByteName, byteName, quoted } from "./byte-name.ts";
import { type ArchiveLink, ArchiveLinks, isInside } from "./links.ts";

/** Below this size the ratio tells nothing: a file of zeros is harmless. */
const ratioFromBytes = 64 * 2 ** 20;

/** The longest names that the system takes, in bytes: of a path, and of one of its parts. */
const pathBytesMax = 4095;
const nameBytesMax = 255;

/** How much may come out of one archive. Beyond, it is taken for a bomb. */
export interface EntryLimits {
  readonly bytesMax: number;
  /** Files, folders and links. */
  readonly entriesMax: number;
  /** How many times its own size an archive may unpack to. */
  readonly ratioMax: number;
}

/** Which archive is judged. */
export interface JudgedArchive {
  /** What messages call it: a bundle, a layer. */
  readonly noun: string;
  /** The folder that its entries go to. */
  readonly root: string;
  /** Bytes of the archive itself. */
  readonly bytes: number;
  /** The settings by which a user may change the limits; absent where there are none. */
  readonly settings?: Readonly<Record<keyof EntryLimits, string>> | undefined;
}

/** An archive entry that must not be unpacked. */
export class UnsafeEntry extends Error {}

/** What may be unpacked, and where: judges every entry of one archive before anything of it is written. */
export class EntryRules {
  readonly noun: string;
  readonly #root: ByteName;
  readonly #archive: JudgedArchive;
  readonly #limits: EntryLimits;
  readonly #links = new ArchiveLinks();
  #entries = 0;
  #bytes = 0;

  constructor(archive: JudgedArchive, limits: EntryLimits) {
    this.noun = archive.noun;
    this.#root = byteName(resolve(archive.root));
    this.#archive = archive;
    this.#limits = limits;
  }

  /** How many entries were judged. */
  get entries(): number {
    return this.#entries;
  }

  /** The symbolic links, by path. */
  get links(): ReadonlyMap<ByteName, ArchiveLink> {
    return this.#links.all;
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
    const { entriesMax } = this.#limits;
    if (this.#entries > entriesMax)
      throw new UnsafeEntry(
        `The ${this.noun} has more than ${entriesMax} entries; ${quoted(name)} is the first one too many${this.#setBy("entriesMax")}`,
      );
  }

  /** The path of a symbolic link, to be made when all else is written. */
  link(name: ByteName, target: ByteName): ByteName {
    const path = this.place(name);
    if (target === "" || target.includes("\0"))
      throw new UnsafeEntry(`The ${this.noun}'s link ${quoted(name)} has no usable target`);
    this.#links.add(path, { name, target });
    return path;
  }

  /** The target of the link that stands at a path. */
  targetAt(path: ByteName): ByteName | undefined {
    return this.#links.all.get(path)?.target;
  }

  /** Counts bytes that come out of the archive. Throws when they are too many. */
  count(name: ByteName, bytes: number): void {
    this.#bytes += bytes;
    const { bytesMax, ratioMax } = this.#limits;
    if (this.#bytes > bytesMax)
      throw new UnsafeEntry(
        `The ${this.noun} unpacks to more than ${bytesMax} bytes, at its entry ${quoted(name)}${this.#setBy("bytesMax")}`,
      );
    if (this.#bytes > ratioFromBytes && this.#bytes > this.#archive.bytes * ratioMax)
      throw new UnsafeEntry(
        `The ${this.noun} unpacks to more than ${ratioMax} times its size, at its entry ${quoted(name)}${this.#setBy("ratioMax")}`,
      );
  }

  #setBy(limit: keyof EntryLimits): string {
    const setting = this.#archive.settings?.[limit];
    return setting === undefined ? "" : ` (${setting} sets the limit)`;
  }

  #place(name: ByteName, mayBeLink: (path: ByteName) => ByteName): ByteName {
    this.#refuseOddName(name);
    if (isAbsolute(name)) throw new UnsafeEntry(`The ${this.noun}'s entry ${quoted(name)} has an absolute path`);
    const path = resolve(this.#root, name);
    if (!isInside(path, this.#root) || name.split("/").includes(".."))
      throw new UnsafeEntry(`The ${this.noun}'s entry ${quoted(name)} leaves the ${this.noun}`);
    const through = this.#links.on(mayBeLink(path));
    if (through !== undefined)
      throw new UnsafeEntry(`The ${this.noun}'s entry ${quoted(name)} goes through the link ${quoted(through.name)}`);
    return path;
  }

  #refuseOddName(name: ByteName): void {
    if (name.includes("\0"))
      throw new UnsafeEntry(`The ${this.noun}'s entry ${quoted(name)} has a NUL character in its name`);
    if (name.length > pathBytesMax || name.split("/").some((part) => part.length > nameBytesMax))
      throw new UnsafeEntry(
        `The ${this.noun}'s entry ${quoted(name)} has too long a name: ${nameBytesMax} bytes for each part and ${pathBytesMax} in all is what the system takes`,
      );
  }
}
