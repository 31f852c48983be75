import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  symlinkSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { sep } from "node:path";
import {
  type ArchiveAttributes,
  type FileAttributes,
  deferredAttributes,
  unpackedMode,
} from "../deployment/archive-attributes.ts";
import { descriptorPath, OpenFolder } from "./open-folder.ts";
import { entriesIn, type FolderEntry, shownPath } from "./system-path.ts";

export interface CopyTreeOptions {
  /** Whether the copies are to have the originals' owners, if the agent may change owners. */
  readonly keepsOwners: boolean;
}

/** Copies a folder recursively to a path where nothing exists yet. Links are copied as links, names byte by byte; modes and the times of files are kept. The copies belong to the agent and are writable by it alone: returns the attributes that are deferred to the installation. */
export async function copyTree(
  from: string,
  into: string,
  { keepsOwners }: CopyTreeOptions,
): Promise<ArchiveAttributes> {
  const path = realpathSync(from);
  if (`${into}${sep}`.startsWith(`${path}${sep}`))
    throw new Error(`Cannot copy "${from}": its copy, "${into}", would be inside of it`);
  mkdirSync(into);
  const source = new OpenFolder(path);
  const copy = new OpenFolder(into);
  const tree = new TreeCopy(keepsOwners && process.getuid?.() === 0);
  await tree.folder({ path, below: "", source, copy });
  return tree.deferred;
}

/** A folder and its copy, both open, and the folder's path for messages. */
interface Pair {
  readonly path: string;
  /** The path below the tree's root, with a trailing slash. */
  readonly below: string;
  readonly source: OpenFolder;
  readonly copy: OpenFolder;
}

class TreeCopy {
  readonly deferred = new Map<string, FileAttributes>();
  readonly #keepsOwners: boolean;

  constructor(keepsOwners: boolean) {
    this.#keepsOwners = keepsOwners;
  }

  /** Copies the entries of a folder, and closes both. */
  async folder({ path, below, source, copy }: Pair): Promise<void> {
    try {
      for (const entry of entriesIn(source.path)) await this.#entry(entry, { path, below, source, copy });
      chmodSync(copy.path, unpackedMode(source.stat().mode));
    } finally {
      source.close();
      copy.close();
    }
  }

  async #entry({ name, kind }: FolderEntry, { path, below, source, copy }: Pair): Promise<void> {
    switch (kind) {
      case "folder":
        mkdirSync(copy.at(name));
        return this.folder({
          path: `${path}/${name}`,
          below: `${below}${name}/`,
          source: source.child(name),
          copy: copy.child(name),
        });
      case "link":
        symlinkSync(readlinkSync(source.at(name), { encoding: "buffer" }), copy.at(name));
        return;
      case "file":
        return this.#file(name, { path, below, source, copy });
      case "other":
        throw notCopied(`${path}/${name}`);
    }
  }

  /** Another process may have replaced the entry since the folder was read: a link is not followed, a FIFO not waited for. */
  async #file(name: string, { path, below, source, copy }: Pair): Promise<void> {
    const from = openSync(source.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(from);
      if (!stat.isFile()) throw notCopied(`${path}/${name}`);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const into = openSync(copy.at(name), flags, 0o600);
      try {
        await copyFile(descriptorPath(from), descriptorPath(into), constants.COPYFILE_FICLONE);
        this.#finish(into, `${below}${name}`, stat);
      } finally {
        closeSync(into);
      }
    } finally {
      closeSync(from);
    }
  }

  #finish(file: number, below: string, { uid, gid, mode, atimeMs, mtimeMs }: Stats): void {
    // The copy may have got the original's owner.
    fchownSync(file, process.geteuid?.() ?? uid, this.#keepsOwners ? gid : (process.getegid?.() ?? gid));
    fchmodSync(file, unpackedMode(mode));
    futimesSync(file, atimeMs / 1000, mtimeMs / 1000);
    const attributes = deferredAttributes({ mode, uid: this.#keepsOwners ? uid : undefined });
    if (attributes !== undefined) this.deferred.set(below, attributes);
  }
}

const notCopied = (path: string): Error =>
  new Error(`Cannot copy "${shownPath(path)}": it is neither a file nor a folder nor a link`);
