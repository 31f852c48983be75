import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** What precedes the path of a file whose SELinux context was set. */
const contextMark = "semanage\0";

/** The list of what an installation has made, by which the next one removes it (agent.md §3.7). */
export class CleanupList {
  readonly #file: string;
  #open: number | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Notes a file that is about to be written, or a folder that has been made. */
  note(path: string): void {
    this.#open ??= openSync(this.#file, "a");
    writeSync(this.#open, `${path}\n`);
  }

  /** Notes a context that is about to be set. */
  noteContext(path: string): void {
    this.note(contextMark + path);
  }

  /** Ends the writing. */
  close(): void {
    if (this.#open !== undefined) closeSync(this.#open);
    this.#open = undefined;
  }

  /** Everything that will be gone once the list has been carried out: folders that hold other things are not. */
  paths(): ReadonlySet<string> {
    const gone = new Set<string>();
    for (const line of this.#lines().toReversed()) {
      if (line.startsWith(contextMark)) continue;
      const isFolder = lstatSync(line, { throwIfNoEntry: false })?.isDirectory() === true;
      if (!isFolder || readdirSync(line).every((name) => gone.has(join(line, name)))) gone.add(line);
    }
    return gone;
  }

  /** Removes what is on the list, last things first, and the list. Folders that hold other things stay. */
  carryOut(): void {
    for (const line of this.#lines().toReversed()) {
      if (line.startsWith(contextMark)) spawnSync("semanage", ["fcontext", "-d", line.slice(contextMark.length)]);
      else remove(line);
    }
    rmSync(this.#file, { force: true });
  }

  /** A last line without its end was torn. */
  #lines(): readonly string[] {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Linux says that it is a folder; other systems only that it may not be.
    if (code === "EISDIR" || (code === "EPERM" && lstatSync(path).isDirectory())) return removeFolder(path);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
  }
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "EBUSY") throw error;
  }
}
