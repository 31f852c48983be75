import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  symlinkSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { sep } from "node:path";
import { descriptorPath, OpenFolder } from "./open-folder.ts";
import { entriesIn, type FolderEntry, shownPath } from "./system-path.ts";

/** Whose the copies are: the agent's, or, where it may give files away, those of the originals. */
export interface CopyTreeOptions {
  readonly keepsOwners: boolean;
}

/** Copies a folder with all that is in it, to where nothing is yet. Links are copied as links, names as the bytes that they are; modes, and times of files, come along. */
export async function copyTree(from: string, into: string, { keepsOwners }: CopyTreeOptions): Promise<void> {
  const path = realpathSync(from);
  if (`${into}${sep}`.startsWith(`${path}${sep}`))
    throw new Error(`Cannot copy "${from}": its copy, "${into}", would be inside of it`);
  mkdirSync(into);
  const source = new OpenFolder(path);
  const copy = new OpenFolder(into);
  await new TreeCopy(keepsOwners && process.getuid?.() === 0).folder({ path, source, copy });
}

/** A folder and its copy, both open, and the folder's path for people. */
interface Pair {
  readonly path: string;
  readonly source: OpenFolder;
  readonly copy: OpenFolder;
}

class TreeCopy {
  readonly #keepsOwners: boolean;

  constructor(keepsOwners: boolean) {
    this.#keepsOwners = keepsOwners;
  }

  /** Fills a folder's copy, and lets both go. */
  async folder({ path, source, copy }: Pair): Promise<void> {
    try {
      for (const entry of entriesIn(source.path)) await this.#entry(entry, { path, source, copy });
      const { uid, gid, mode } = source.stat();
      if (this.#keepsOwners) chownSync(copy.path, uid, gid);
      chmodSync(copy.path, mode & 0o7777);
    } finally {
      source.close();
      copy.close();
    }
  }

  async #entry({ name, kind }: FolderEntry, { path, source, copy }: Pair): Promise<void> {
    switch (kind) {
      case "folder":
        mkdirSync(copy.at(name));
        return this.folder({ path: `${path}/${name}`, source: source.child(name), copy: copy.child(name) });
      case "link":
        symlinkSync(readlinkSync(source.at(name), { encoding: "buffer" }), copy.at(name));
        if (this.#keepsOwners) this.#giveLink(name, { source, copy });
        return;
      case "file":
        return this.#file(name, { source, copy });
      case "other":
        throw new Error(`Cannot copy "${shownPath(`${path}/${name}`)}": it is neither a file nor a folder nor a link`);
    }
  }

  #giveLink(name: string, { source, copy }: Omit<Pair, "path">): void {
    const link = source.look(name);
    if (link !== undefined) lchownSync(copy.at(name), link.uid, link.gid);
  }

  /** Whoever may write to the folder may have put something else there since it was read: a link is not followed, a FIFO not waited for. */
  async #file(name: string, { source, copy }: Omit<Pair, "path">): Promise<void> {
    const from = openSync(source.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const into = openSync(copy.at(name), flags, 0o600);
      try {
        await copyFile(descriptorPath(from), descriptorPath(into), constants.COPYFILE_FICLONE);
        this.#finish(into, fstatSync(from));
      } finally {
        closeSync(into);
      }
    } finally {
      closeSync(from);
    }
  }

  #finish(file: number, { uid, gid, mode, atimeMs, mtimeMs }: Stats): void {
    if (this.#keepsOwners) fchownSync(file, uid, gid);
    else fchownSync(file, process.geteuid?.() ?? uid, process.getegid?.() ?? gid); // the system's copy is its original's owner's, where that may be
    fchmodSync(file, mode & 0o7777);
    futimesSync(file, atimeMs / 1000, mtimeMs / 1000);
  }
}
