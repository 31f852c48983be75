import { type ByteName, type EntryLimits, EntryRules, leadsOut, quoted, UnsafeEntry } from "@sluice/archive";

/** The most links with a warning of their own; the others are only counted. */
const warningsMax = 20;

/** Which rules are in force. By default those that the official agent has, too, are off, and ours are on. */
export interface BundleRuleOptions extends EntryLimits {
  /** Refuses symbolic links that lead out of the bundle. */
  readonly rejectOutsideSymlinks: boolean;
  /** Refuses every symbolic link. */
  readonly rejectSymlinks: boolean;
  /** Refuses setuid and setgid files. */
  readonly rejectUnsafePermissions: boolean;
  /** Installed files get the owners that the archive names, if the agent may change owners. */
  readonly keepOwners: boolean;
}

/** The defaults. A bundle that exceeds the limits is taken for a decompression bomb. */
export const defaultBundleRules: BundleRuleOptions = {
  rejectOutsideSymlinks: false, // `storage -> /mnt/shared` is common, and nothing is ever written through a link
  rejectSymlinks: false,
  rejectUnsafePermissions: true,
  keepOwners: true,
  bytesMax: 20 * 2 ** 30, // as much as a large application with all its dependencies, many times over
  entriesMax: 200_000, // every entry costs a file on the host
  ratioMax: 250, // text compresses to a tenth, source trees to a fiftieth
};

/** The settings of the agent that change the limits, for messages. */
const settings = {
  bytesMax: "archive_max_extraction_size",
  entriesMax: "archive_max_entries",
  ratioMax: "archive_max_compression_ratio",
} as const;

/** The rules for the entries of a bundle, with the options of the agent's configuration. */
export class BundleRules extends EntryRules {
  readonly #options: BundleRuleOptions;

  constructor(root: string, archiveBytes: number, options: BundleRuleOptions = defaultBundleRules) {
    super({ noun: "bundle", root, bytes: archiveBytes, settings }, options);
    this.#options = options;
  }

  /** Whether files get the owners that the archive names. */
  get keepsOwners(): boolean {
    return this.#options.keepOwners;
  }

  override link(name: ByteName, target: ByteName): ByteName {
    const path = super.link(name, target);
    if (this.#options.rejectSymlinks)
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} is a symbolic link, and reject_symlinks_in_bundle is set`,
      );
    return path;
  }

  /** Returns a warning for each link that leads out of `root`, the revision's folder. Throws where such links are forbidden. */
  judgeLinks(root: ByteName): readonly string[] {
    const warnings: string[] = [];
    let more = 0;
    for (const [path, { name, target }] of this.links) {
      const leaves = leadsOut(path, target, root);
      if (leaves === undefined) continue;
      const trouble = `The bundle's link ${quoted(name)} leaves the bundle${leaves === "perhaps" ? ", or may do so" : ""}: it points to ${quoted(target)}`;
      if (this.#options.rejectOutsideSymlinks)
        throw new UnsafeEntry(`${trouble}, and reject_outside_symlinks_in_bundle is set`);
      if (warnings.length < warningsMax) warnings.push(`${trouble}. It is kept as a link, and not followed`);
      else more += 1;
    }
    return more === 0 ? warnings : [...warnings, `${more} more links leave the bundle`];
  }

  /** Returns the permission bits of a file. Throws when it is setuid or setgid and such files are forbidden. */
  mode(name: ByteName, mode: number): number {
    if (!this.#options.rejectUnsafePermissions) return mode & 0o7777;
    if ((mode & 0o6000) !== 0)
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} has a setuid or setgid bit (mode ${(mode & 0o7777).toString(8)})`,
      );
    return mode & 0o777;
  }
}
