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

/** An archive entry that must not be unpacked. */
export class UnsafeEntry extends Error {}

/** What may be unpacked, and where: judges every entry of one bundle before anything of it is written. */
export class BundleRules {
  readonly #root: string;
  readonly #archiveBytes: number;
  readonly #links = new Map<string, string>();
  #entries = 0;
  #bytes = 0;

  constructor(root: string, archiveBytes: number) {
    this.#root = resolve(root);
    this.#archiveBytes = archiveBytes;
  }

  /** The path of an entry below the root. Throws when it would be elsewhere, or beyond a link. */
  place(name: string): string {
    this.#entries += 1;
    if (this.#entries > limits.entriesMax)
      throw new UnsafeEntry(
        `The bundle has more than ${limits.entriesMax} entries; "${name}" is the first one too many`,
      );
    if (name.includes("\0") || isAbsolute(name))
      throw new UnsafeEntry(`The bundle's entry "${name}" has an absolute path`);
    const path = resolve(this.#root, name);
    if (!this.#isInside(path) || name.split("/").includes(".."))
      throw new UnsafeEntry(`The bundle's entry "${name}" leaves the bundle`);
    for (let folder = path; folder.length > this.#root.length; folder = dirname(folder))
      if (this.#links.has(folder))
        throw new UnsafeEntry(`The bundle's entry "${name}" goes through the link "${this.#links.get(folder)}"`);
    return path;
  }

  /** A symbolic link, to be made when all else is written. Throws when it leads out of the bundle. */
  link(name: string, target: string): string {
    const path = this.place(name);
    if (isAbsolute(target) || !this.#isInside(resolve(dirname(path), target)))
      throw new UnsafeEntry(`The bundle's link "${name}" leaves the bundle: it points to "${target}"`);
    this.#links.set(path, name);
    return path;
  }

  /** The permission bits of a file. Throws when it would run with its owner's rights. */
  mode(name: string, mode: number): number {
    if ((mode & 0o6000) !== 0)
      throw new UnsafeEntry(
        `The bundle's entry "${name}" has a setuid or setgid bit (mode ${(mode & 0o7777).toString(8)})`,
      );
    return mode & 0o777;
  }

  /** Counts bytes that come out of the archive. Throws when they are too many. */
  count(name: string, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > limits.bytesMax)
      throw new UnsafeEntry(`The bundle unpacks to more than ${limits.bytesMax} bytes, at its entry "${name}"`);
    if (this.#bytes > limits.ratioFromBytes && this.#bytes > this.#archiveBytes * limits.ratioMax)
      throw new UnsafeEntry(
        `The bundle unpacks to more than ${limits.ratioMax} times its size, at its entry "${name}"`,
      );
  }

  #isInside(path: string): boolean {
    return path === this.#root || path.startsWith(this.#root + sep);
  }
}
