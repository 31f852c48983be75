import { chmodSync, chownSync, fchmodSync, fchownSync, futimesSync, lchownSync } from "node:fs";
import {
  type ByteName,
  EntryRules,
  pathOf,
  type Piece,
  quoted,
  type TarHead,
  TreeWriter,
  UnsafeEntry,
} from "@sluice/archive";
import type { LayerMarks } from "./layer-marks.ts";
import type { Owner, ownersOf } from "./owners.ts";

/** What begins the names that say something of lower layers (OCI image layer specification, "Whiteouts"). */
const whiteoutPrefix = ".wh.";
const opaqueMark = ".wh..wh..opq";
/** Names that AUFS used for itself; they say nothing of any file. */
const reservedPrefix = ".wh..wh.";

/** Permission bits of folders that a layer has something in, and does not name. */
const impliedMode = 0o755;

/** Writes the entries of one layer below its root, with the owners and modes that it says; what it says of lower layers becomes marks. */
export class LayerWriter {
  readonly #rules: EntryRules;
  readonly #tree: TreeWriter;
  readonly #root: ByteName;
  readonly #owners: ReturnType<typeof ownersOf>;
  readonly #folders = new Map<ByteName, TarHead>();
  readonly #links = new Map<ByteName, TarHead>();
  readonly #whiteouts = new Set<ByteName>();
  readonly #opaque = new Set<ByteName>();

  constructor(rules: EntryRules, root: ByteName, owners: ReturnType<typeof ownersOf>) {
    this.#rules = rules;
    this.#tree = new TreeWriter(rules, root);
    this.#root = root;
    this.#owners = owners;
  }

  /** Writes one entry. Throws when it must not be. */
  async entry(head: TarHead, content: AsyncIterable<Piece>): Promise<void> {
    const { name, type, link } = head;
    const at = name.lastIndexOf("/") + 1;
    if (name.startsWith(whiteoutPrefix, at)) return this.#mark(name.slice(0, at), name.slice(at));
    switch (type) {
      case "0":
      case "S":
        return this.#tree.file(name, content, (file) => this.#settle(file, head));
      case "5":
        return void this.#folders.set(this.#tree.folder(name), head);
      case "2":
        return void this.#links.set(this.#tree.symbolicLink(name, link), head);
      case "1":
        return void this.#tree.hardLink(name, link.replace(/^\/+/, "")); // counted from the layer's root in any case
      case "3":
      case "4":
      case "6":
        return void this.#rules.place(name); // containers have devices of their own
      default:
        throw new UnsafeEntry(`The layer's entry ${quoted(name)} is of the type ${quoted(type)}, which is not known`);
    }
  }

  /** Makes the links, and gives folders their owners and modes. Returns what the layer says of lower ones. */
  finish(): LayerMarks {
    this.#tree.makeLinks(({ path, isHard }) => {
      const head = this.#links.get(path);
      const owner = head === undefined || isHard ? undefined : this.#ownerOf(head);
      if (owner !== undefined) lchownSync(pathOf(path), owner.uid, owner.gid);
    });
    const implied: ByteName[] = [];
    // The deepest first: a folder may be closed to whoever unpacks it.
    for (const path of [...this.#tree.folders].toSorted((a, b) => b.length - a.length)) {
      const head = this.#folders.get(path);
      if (head === undefined && path !== this.#root) implied.push(this.#below(path));
      this.#settleFolder(path, head ?? { mode: impliedMode, uid: 0, gid: 0 });
    }
    return { whiteouts: [...this.#whiteouts], opaque: [...this.#opaque], implied };
  }

  #mark(folder: ByteName, name: ByteName): void {
    if (name === opaqueMark) return void this.#opaque.add(this.#below(this.#rules.place(folder || ".")));
    if (name.startsWith(reservedPrefix)) return;
    const gone = name.slice(whiteoutPrefix.length);
    if (gone === "" || gone === ".")
      throw new UnsafeEntry(`The layer's entry ${quoted(folder + name)} removes nothing that has a name`);
    this.#whiteouts.add(this.#below(this.#rules.place(folder + gone)));
  }

  #settle(file: number, head: TarHead): void {
    const owner = this.#ownerOf(head);
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
    fchmodSync(file, modeOf(head, owner)); // after the owner, who takes such bits away
    futimesSync(file, head.modified, head.modified);
  }

  #settleFolder(path: ByteName, head: Pick<TarHead, "mode" | "uid" | "gid">): void {
    const owner = this.#ownerOf(head);
    if (owner !== undefined) chownSync(pathOf(path), owner.uid, owner.gid);
    chmodSync(pathOf(path), modeOf(head, owner) | (owner === undefined ? 0o700 : 0));
  }

  #ownerOf(head: Pick<TarHead, "uid" | "gid">): Owner | undefined {
    return this.#owners?.(head);
  }

  #below(path: ByteName): ByteName {
    return path.slice(this.#root.length + 1);
  }
}

/** Nobody gets the rights of an owner who is not the one that the image means. */
const modeOf = ({ mode }: Pick<TarHead, "mode">, owner: Owner | undefined): number =>
  mode & (owner === undefined || owner.isOther ? 0o1777 : 0o7777);
