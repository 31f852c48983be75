import { type ByteName, type EntryLimits, EntryRules, leadsOut, quoted, UnsafeEntry } from "@sluice/archive";

/** Links about which a warning says more than how many there are. */
const warningsMax = 20;

/** Which rules are in force. The official agent's options for them are off; ours are on unless the configuration says otherwise. */
export interface BundleRuleOptions extends EntryLimits {
  /** Symbolic links that lead out of the bundle. */
  readonly rejectOutsideSymlinks: boolean;
  /** Every symbolic link, wherever it leads. */
  readonly rejectSymlinks: boolean;
  /** Files that run with their owner's rights. */
  readonly rejectUnsafePermissions: boolean;
  /** Files belong to whom the archive says, when the agent may give them away. */
  readonly keepOwners: boolean;
}

/** What holds when the configuration says nothing. Beyond the limits a bundle is taken for a bomb. */
export const defaultBundleRules: BundleRuleOptions = {
  rejectOutsideSymlinks: false, // `storage -> /mnt/shared` is common, and nothing is ever written through a link
  rejectSymlinks: false,
  rejectUnsafePermissions: true,
  keepOwners: true,
  bytesMax: 20 * 2 ** 30, // as much as a large application with all its dependencies, many times over
  entriesMax: 200_000, // every entry costs a file on the host
  ratioMax: 250, // text compresses to a tenth, source trees to a fiftieth
};

/** The agent's settings that change the limits. */
const settings = {
  bytesMax: "archive_max_extraction_size",
  entriesMax: "archive_max_entries",
  ratioMax: "archive_max_compression_ratio",
} as const;

/** What of a bundle may be unpacked, and where, with the options of the agent's configuration. */
export class BundleRules extends EntryRules {
  readonly #options: BundleRuleOptions;

  constructor(root: string, archiveBytes: number, options: BundleRuleOptions = defaultBundleRules) {
    super({ noun: "bundle", root, bytes: archiveBytes, settings }, options);
    this.#options = options;
  }

  /** Whether files are given to whom the archive says. */
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

  /** Gives a warning for every link that leads out of the folder which stands for the whole bundle, or throws where that is forbidden. */
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

  /** The permission bits of a file. Throws when it would run with its owner's rights. */
  mode(name: ByteName, mode: number): number {
    if (!this.#options.rejectUnsafePermissions) return mode & 0o7777;
    if ((mode & 0o6000) !== 0)
      throw new UnsafeEntry(
        `The bundle's entry ${quoted(name)} has a setuid or setgid bit (mode ${(mode & 0o7777).toString(8)})`,
      );
    return mode & 0o777;
  }
}
