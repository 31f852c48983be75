import { closeSync, openSync, rmdirSync, rmSync, type Stats, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ownFileMode } from "../files/atomic-file.ts";
import { FolderCache } from "../files/folder-cache.ts";
import type { OpenFolder } from "../files/open-folder.ts";
import { readOwnFile, setAside } from "../files/own-file.ts";
import { namesIn, shownPath } from "../files/system-path.ts";
import { type CleanupLine, readLines, writeLine } from "./cleanup-lines.ts";
import { forgetContext } from "./security-context.ts";

/** The path of a deployment group's list. */
export const cleanupFile = (instructionsFolder: string, deploymentGroupId: string): string =>
  join(instructionsFolder, `${deploymentGroupId}-cleanup`);

/** Returns the folders with something that is on a list; none when the list cannot be used, which the next installation reports. */
export function foldersListed(file: string): ReadonlySet<string> {
  try {
    return new Set(readLines(readOwnFile(file) ?? Buffer.alloc(0)).map(({ path }) => dirname(path)));
  } catch {
    return new Set(); // damaged, or not written by the agent
  }
}

/** What carrying out a list will remove. */
export interface Removals {
  /** Without the folders that have other content, which stay. */
  readonly paths: ReadonlySet<string>;
  /** The status of the folders among them. */
  readonly folders: ReadonlyMap<string, Stats>;
  /** The bytes that become free, by device. */
  readonly bytes: ReadonlyMap<number, number>;
}

/**
 * The list of what an installation has created, by which the next one removes it (agent.md §3.7). Its paths were free of
 * links: what is now behind a link was not installed there, and stays.
 */
export class CleanupList {
  readonly #file: string;
  readonly #warn: (line: string) => void;
  readonly #lines: readonly CleanupLine[];
  /** Paths that were folders when they were listed: those with a slash at the end, and the parents of others. */
  readonly #folders = new Set<string>();
  #open: number | undefined;

  /** Throws when no agent can have written the list. */
  constructor(file: string, warn: (line: string) => void) {
    this.#file = file;
    this.#warn = warn;
    this.#lines = linesOf(file);
    for (const { path } of this.#lines) this.#folders.add(path.endsWith("/") ? path.slice(0, -1) : dirname(path));
  }

  /** The folders with something that is listed. */
  get folders(): ReadonlySet<string> {
    return new Set(this.#lines.map(({ path }) => dirname(path)));
  }

  /** Adds a file that is about to be written, or a folder that has been created. */
  add(path: string): void {
    this.#append({ type: "path", path });
  }

  /** Adds a path whose context is about to be set. */
  addContext(path: string): void {
    this.#append({ type: "context", path });
  }

  /** Closes the file. */
  close(): void {
    if (this.#open !== undefined) closeSync(this.#open);
    this.#open = undefined;
  }

  /** Returns what `carryOut` will remove. */
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

  /** Removes what is listed, in reverse order, and then the list. Folders with other content stay, and so does what is not of the listed kind any more; warns of what cannot be removed. `but`: folders that have been created since. */
  carryOut(but: ReadonlySet<string> = new Set()): void {
    const warned = new Set<string>();
    const visit = (path: string, folder: OpenFolder) => {
      if (but.has(path)) return;
      const warning = this.#folders.has(path) ? removeFolder(path, folder) : removeFile(path, folder);
      if (warning !== undefined) this.#warn(warning);
    };
    this.#forEachPath(visit, (path, { code, message }) => {
      const folder = dirname(path);
      if (code === "ENOENT" || warned.has(folder)) return;
      warned.add(folder);
      this.#warn(
        code === "ENOTDIR" || code === "ELOOP"
          ? `Left what the previous revision had in "${shownPath(folder)}" alone: a link or a file stands there now, or on the way`
          : couldNotRemove(path, message),
      );
    });
    for (const { type, path } of this.#lines.toReversed()) if (type === "context") forgetContext(path);
    rmSync(this.#file, { force: true });
  }

  /** Whether a path is of the kind that was listed: a file or link in a folder's place is somebody else's. */
  #isAsListed(path: string, stat: Stats): boolean {
    return stat.isDirectory() || !this.#folders.has(path);
  }

  /** Visits what is listed, in reverse order. Calls `missed` for a path whose folder cannot be opened, as when a part of it is gone or a link now. */
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

/** The warning has the system's reason without the call and the path that Node adds. */
const couldNotRemove = (path: string, message: string): string =>
  `"${shownPath(path)}" of the previous revision stays: ${message.split(", ")[0]}`;
