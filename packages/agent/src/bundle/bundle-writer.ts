import { chmodSync, fchmodSync, futimesSync } from "node:fs";
import { type ByteName, pathOf, type Piece, TreeWriter } from "@sluice/archive";
import { type FileAttributes, deferredAttributes, unpackedMode } from "../deployment/archive-attributes.ts";
import { changeOwner } from "../files/change-owner.ts";
import type { BundleRules } from "./bundle-rules.ts";

/** The header of an archive's entry. */
export interface EntryHead {
  readonly name: ByteName;
  readonly mode: number;
  readonly modified?: Date | undefined;
  /** Its owner by ids, which it gets when it is installed, if the agent may change owners. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Writes the entries of one bundle below a folder. */
export class BundleWriter {
  readonly #rules: BundleRules;
  readonly #tree: TreeWriter;
  readonly #warn: (line: string) => void;
  readonly #folderModes = new Map<ByteName, number>();
  readonly #deferred = new Map<ByteName, FileAttributes>();
  readonly #changesOwners: boolean;

  constructor(rules: BundleRules, { root, warn }: { root: ByteName; warn: (line: string) => void }) {
    this.#rules = rules;
    this.#tree = new TreeWriter(rules, root);
    this.#warn = warn;
    this.#changesOwners = rules.keepsOwners && process.getuid?.() === 0;
  }

  folder({ name, mode }: EntryHead): void {
    this.#folderModes.set(this.#tree.folder(name), mode & 0o777);
  }

  async file(head: EntryHead, content: AsyncIterable<Piece> | Iterable<Piece>): Promise<void> {
    const { name, modified, owner } = head;
    const mode = this.#rules.mode(name, head.mode);
    await this.#tree.file(name, content, (file, path) => {
      this.#restrict(file, path, { mode, owner });
      if (modified !== undefined) futimesSync(file, modified, modified);
    });
  }

  symbolicLink(name: ByteName, target: ByteName): void {
    this.#tree.symbolicLink(name, target);
  }

  /** A second name of an earlier entry. */
  hardLink(name: ByteName, entry: ByteName): void {
    const made = this.#tree.hardLink(name, entry);
    if (made !== undefined) this.#defer(made.path, this.#deferred.get(made.target));
  }

  /** The attributes of files that are applied when they are installed, by path. */
  get deferred(): ReadonlyMap<ByteName, FileAttributes> {
    return this.#deferred;
  }

  /** Counts bytes of an entry, or after it, that are read but not written. */
  skip(name: ByteName, bytes: number): void {
    this.#rules.count(name, bytes);
  }

  /** Reports something odd that does no harm. */
  warn(line: string): void {
    this.#warn(line);
  }

  /** Creates the symbolic links with their hard links, and sets the modes of folders. */
  finish(): void {
    this.#tree.makeLinks(({ path, target, isHard }) =>
      this.#defer(path, isHard ? this.#deferred.get(target) : undefined),
    );
    // The agent must be able to read and delete what it has unpacked.
    for (const [path, mode] of this.#folderModes) chmodSync(pathOf(path), unpackedMode(mode) | 0o700);
  }

  /** The unpacked file belongs to the agent, which alone may write to it. It gets its group at once: scripts that run as another user may be readable by that group only. */
  #restrict(file: number, path: ByteName, { mode, owner }: Pick<EntryHead, "mode" | "owner">): void {
    const hasOwner = owner !== undefined && this.#changesOwners;
    if (hasOwner) changeOwner(file, { uid: process.geteuid?.() ?? 0, gid: owner.gid });
    fchmodSync(file, unpackedMode(mode));
    this.#defer(path, deferredAttributes({ mode, uid: hasOwner ? owner.uid : undefined }));
  }

  #defer(path: ByteName, attributes: FileAttributes | undefined): void {
    if (attributes === undefined) this.#deferred.delete(path);
    else this.#deferred.set(path, attributes);
  }
}
