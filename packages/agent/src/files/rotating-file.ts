import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ownFileMode, ownFolderMode } from "./atomic-file.ts";
import { makeFolders } from "./make-folders.ts";

/** Size and number of the files of one log (agent.md §3.2). */
const bytesMax = 64 * 1024 * 1024;
const filesMax = 8;

export interface RotationOptions {
  readonly files?: number | undefined;
  readonly mode?: number | undefined;
}

/** A log that is rotated when it is full: `F` is the newest file, then `F.1`, `F.2` and so on. */
export class RotatingFile {
  readonly #path: string;
  readonly #filesMax: number;
  readonly #mode: number;
  #file: number | undefined;
  #bytes = 0;

  constructor(path: string, { files = filesMax, mode = ownFileMode }: RotationOptions = {}) {
    this.#path = path;
    this.#filesMax = files;
    this.#mode = mode;
  }

  append(text: string): void {
    const file = (this.#file ??= this.#open());
    this.#bytes += writeSync(file, text);
    if (this.#bytes >= bytesMax) this.#roll();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    makeFolders(dirname(this.#path), ownFolderMode);
    const file = openSync(this.#path, "a", this.#mode);
    this.#bytes = fstatSync(file).size;
    return file;
  }

  #roll(): void {
    this.close();
    for (let number = this.#filesMax - 2; number >= 0; number -= 1) {
      const from = number === 0 ? this.#path : `${this.#path}.${number}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${this.#path}.${number + 1}`);
    }
  }
}
