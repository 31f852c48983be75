import { chmodSync, fchmodSync, futimesSync } from "node:fs";
import { type ByteName, pathOf, type Piece, TreeWriter } from "@sluice/archive";
import { type FileAttributes, deferredAttributes, unpackedMode } from "../deployment/archive-attributes.ts";
import { changeOwner } from "../files/change-owner.ts";
import type { BundleRules } from "./bundle-rules.ts";

/** What an archive says of a file. */
export interface EntryHead {
  readonly name: ByteName;
  readonly mode: number;
  readonly modified?: Date | undefined;
  /** Whose it is, by number; it will be when it is installed, if the agent may give files away. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Writes the entries of one bundle below its root. */
export class BundleWriter {
  readonly #rules: BundleRules;
  readonly #tree: TreeWriter;
  readonly #warn: (line: string) => void;
  readonly #folderModes = new Map<ByteName, number>();
  readonly #deferred = new Map<ByteName, FileAttributes>();
  readonly #givesAway: boolean;

  constructor(rules: BundleRules, { root, warn }: { root: ByteName; warn: (line: string) => void }) {
    this.#rules = rules;
    this.#tree = new TreeWriter(rules, root);
    this.#warn = warn;
    this.#givesAway = rules.keepsOwners && process.getuid?.() === 0;
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

  /** A second name for an entry before it. */
  hardLink(name: ByteName, entry: ByteName): void {
    const made = this.#tree.hardLink(name, entry);
    if (made !== undefined) this.#defer(made.path, this.#deferred.get(made.target));
  }

  /** What the bundle says of files that are not so yet, by path. */
  get deferred(): ReadonlyMap<ByteName, FileAttributes> {
    return this.#deferred;
  }

  /** Counts bytes of an entry, or behind it, that are not written. */
  skip(name: ByteName, bytes: number): void {
    this.#rules.count(name, bytes);
  }

  /** Tells of something odd that hurts nobody. */
  warn(line: string): void {
    this.#warn(line);
  }

  /** Makes the symbolic links and what else they are called, and gives folders their modes. */
  finish(): void {
    this.#tree.makeLinks(({ path, target, isHard }) =>
      this.#defer(path, isHard ? this.#deferred.get(target) : undefined),
    );
    // The agent must be able to read and delete what it has unpacked.
    for (const [path, mode] of this.#folderModes) chmodSync(pathOf(path), unpackedMode(mode) | 0o700);
  }

  /** A file stays the agent's own, and nobody else's to write to. Its group may come: scripts that run as another user are read by it. */
  #restrict(file: number, path: ByteName, { mode, owner }: Pick<EntryHead, "mode" | "owner">): void {
    const isGiven = owner !== undefined && this.#givesAway;
    if (isGiven) changeOwner(file, { uid: process.geteuid?.() ?? 0, gid: owner.gid });
    fchmodSync(file, unpackedMode(mode));
    this.#defer(path, deferredAttributes({ mode, uid: isGiven ? owner.uid : undefined }));
  }

  #defer(path: ByteName, attributes: FileAttributes | undefined): void {
    if (attributes === undefined) this.#deferred.delete(path);
    else this.#deferred.set(path, attributes);
  }
}
