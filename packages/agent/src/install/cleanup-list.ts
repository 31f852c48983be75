import { closeSync, openSync, rmdirSync, rmSync, type Stats, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ownFileMode } from "../files/atomic-file.ts";
import { FolderCache } from "../files/folder-cache.ts";
import type { OpenFolder } from "../files/open-folder.ts";
import { readOwnFile, setAside } from "../files/own-file.ts";
import { namesIn, shownPath } from "../files/system-path.ts";
import { type CleanupLine, readLines, writeLine } from "./cleanup-lines.ts";
import { forgetContext } from "./security-context.ts";

/** Where a group's list is. */
export const cleanupFile = (instructionsFolder: string, deploymentGroupId: string): string =>
  join(instructionsFolder, `${deploymentGroupId}-cleanup`);

/** The folders that have something which is on a list; none when it cannot be used: that is for the next installation to say. */
export function foldersListed(file: string): ReadonlySet<string> {
  try {
    return new Set(readLines(readOwnFile(file) ?? Buffer.alloc(0)).map(({ path }) => dirname(path)));
  } catch {
    return new Set(); // damaged, or none of the agent's
  }
}

/** What will be gone when a list has been carried out. */
export interface Removals {
  /** Folders that hold other things are not among them. */
  readonly paths: ReadonlySet<string>;
  /** What the folders among them are. */
  readonly folders: ReadonlyMap<string, Stats>;
  /** Bytes that this gives back, by file system. */
  readonly bytes: ReadonlyMap<number, number>;
}

/**
 * The list of what an installation has made, by which the next one removes it (agent.md §3.7). Its paths have no links in
 * them: what is reached through one now was not installed there, and stays.
 */
export class CleanupList {
  readonly #file: string;
  readonly #warn: (line: string) => void;
  readonly #lines: readonly CleanupLine[];
  /** Paths below which something is listed, and those that end in a slash: folders when they were listed. */
  readonly #folders = new Set<string>();
  #open: number | undefined;

  /** Throws one sentence when the list is none that the agent has written. */
  constructor(file: string, warn: (line: string) => void) {
    this.#file = file;
    this.#warn = warn;
    this.#lines = linesOf(file);
    for (const { path } of this.#lines) this.#folders.add(path.endsWith("/") ? path.slice(0, -1) : dirname(path));
  }

  /** The folders that have something which is listed. */
  get folders(): ReadonlySet<string> {
    return new Set(this.#lines.map(({ path }) => dirname(path)));
  }

  /** Notes a file that is about to be written, or a folder that has been made. */
  note(path: string): void {
    this.#append({ type: "path", path });
  }

  /** Notes a context that is about to be set. */
  noteContext(path: string): void {
    this.#append({ type: "context", path });
  }

  /** Ends the writing. */
  close(): void {
    if (this.#open !== undefined) closeSync(this.#open);
    this.#open = undefined;
  }

  /** What will be gone once the list has been carried out. */
  removals(): Removals {
    const paths = new Set<string>();
    const found = new Map<string, Stats>();
    const bytes = new Map<number, number>();
    this.#forEachPath((path, folder) => {
      const name = basename(path);
      const stat = folder.look(name);
      if (stat === undefined || !this.#isAsListed(path, stat)) return;
      if (stat.isDirectory() && !namesIn(folder.at(name)).every((one) => paths.has(join(path, one)))) return;
      paths.add(path);
      if (stat.isDirectory()) found.set(path, stat);
      if (stat.nlink === 1) bytes.set(stat.dev, (bytes.get(stat.dev) ?? 0) + stat.blocks * 512);
    });
    return { paths, folders: found, bytes };
  }

  /** Removes what is on the list, last things first, and the list. Folders that hold other things stay, and so does what somebody has changed; what cannot be removed is warned of. `but`: folders that have been made since. */
  carryOut(but: ReadonlySet<string> = new Set()): void {
    const told = new Set<string>();
    const visit = (path: string, folder: OpenFolder) => {
      if (but.has(path)) return;
      const trouble = this.#folders.has(path) ? removeFolder(path, folder) : removeFile(path, folder);
      if (trouble !== undefined) this.#warn(trouble);
    };
    this.#forEachPath(visit, (path, { code, message }) => {
      const folder = dirname(path);
      if (code === "ENOENT" || told.has(folder)) return;
      told.add(folder);
      this.#warn(
        code === "ENOTDIR" || code === "ELOOP"
          ? `Left what the previous revision had in "${shownPath(folder)}" alone: a link or a file stands there now, or on the way`
          : couldNotRemove(path, message),
      );
    });
    for (const { type, path } of this.#lines.toReversed()) if (type === "context") forgetContext(path);
    rmSync(this.#file, { force: true });
  }

  /** Whoever put a file in a folder's place, or a link, has installed something of their own. */
  #isAsListed(path: string, stat: Stats): boolean {
    return stat.isDirectory() || !this.#folders.has(path);
  }

  /** Visits what is listed, last things first. `missed` is told of what cannot be come by: a part of the path is gone, say, or a link now. */
  #forEachPath(
    visit: (path: string, folder: OpenFolder) => void,
    missed: (path: string, error: NodeJS.ErrnoException) => void = () => {},
  ): void {
    const folders = new FolderCache();
    try {
      for (const { type, path } of this.#lines.toReversed()) {
        if (type === "context" || path === "/") continue;
        const plain = path.endsWith("/") ? path.slice(0, -1) : path;
        try {
          folders.forget(plain);
          visit(plain, folders.open(dirname(plain)));
        } catch (error) {
          if (!(error instanceof Error && "code" in error)) throw error;
          missed(plain, error as NodeJS.ErrnoException);
        }
      }
    } finally {
      folders.close();
    }
  }

  #append(line: CleanupLine): void {
    this.#open ??= openSync(this.#file, "a", ownFileMode);
    writeSync(this.#open, writeLine(line));
  }
}

function linesOf(file: string): readonly CleanupLine[] {
  const bytes = readOwnFile(file);
  if (bytes === undefined) return [];
  try {
    return readLines(bytes);
  } catch (cause) {
    throw new Error(
      `The list of what the previous revision has installed, "${file}", is damaged: ${cause instanceof Error ? cause.message : String(cause)}. It is now "${setAside(file)}", and nothing on it was removed: remove by hand what it names and should go, then deploy again`,
      { cause },
    );
  }
}

function removeFile(path: string, folder: OpenFolder): string | undefined {
  const at = folder.at(basename(path));
  try {
    unlinkSync(at);
    return undefined;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "EISDIR" || (code === "EPERM" && folder.look(basename(path))?.isDirectory() === true))
      return removeFolder(path, folder);
    return code === "ENOENT" ? undefined : couldNotRemove(path, message);
  }
}

function removeFolder(path: string, folder: OpenFolder): string | undefined {
  try {
    rmdirSync(folder.at(basename(path)));
    return undefined;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR")
      return `Left "${shownPath(path)}" alone: it was a folder of the previous revision and is none now`;
    return ["ENOENT", "ENOTEMPTY", "EEXIST", "EBUSY"].includes(code) ? undefined : couldNotRemove(path, message);
  }
}

/** The system's reason, without what Node adds to it. */
const couldNotRemove = (path: string, message: string): string =>
  `"${shownPath(path)}" of the previous revision stays: ${message.split(", ")[0]}`;
