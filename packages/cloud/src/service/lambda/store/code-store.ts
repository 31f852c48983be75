import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomHex } from "../../../random.ts";
import { unpackCode } from "./unpack-code.ts";

/** Code that has been stored. */
export interface StoredCode {
  /** SHA-256 of the archive, in hex. */
  readonly code: string;
  readonly codeBytes: number;
}

/** Functions' code, each archive once under its hash and never changed: what two versions share is the same folder. */
export class CodeStore {
  readonly #folder: string;
  /** Code that is being stored and nothing refers to yet, by its hash or a temporary name, with the number of requests that store it. */
  readonly #underWay = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Unpacks an archive and has `refer` record its user; until then no sweep deletes it. Throws a Fault when the archive must not be unpacked. */
  async store<Result>(archive: Uint8Array, refer: (stored: StoredCode) => Result): Promise<Result> {
    const code = createHash("sha256").update(archive).digest("hex");
    return this.#keeping(code, async () => {
      if (!existsSync(this.folderOf(code))) await this.#unpack(archive, code);
      return refer({ code, codeBytes: archive.length });
    });
  }

  /** Unpacks an archive beside its final place, and moves it there whole. */
  async #unpack(archive: Uint8Array, code: string): Promise<void> {
    const name = `new-${randomHex(8)}`;
    const making = join(this.#folder, name);
    await this.#keeping(name, async () => {
      try {
        const zip = `${making}.zip`;
        await writeFile(zip, archive, { flush: true });
        await unpackCode(zip, making);
        await rename(zip, this.archiveOf(code));
        await rename(making, this.folderOf(code)).catch((error: NodeJS.ErrnoException) => {
          // Two requests with one archive: the other one has made the same folder.
          if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
        });
      } finally {
        await rm(making, { recursive: true, force: true });
        await rm(`${making}.zip`, { force: true });
      }
    });
  }

  async #keeping<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.#underWay.set(name, (this.#underWay.get(name) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#underWay.get(name) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(name);
      else this.#underWay.set(name, left);
    }
  }

  /** Where the unpacked code lies. */
  folderOf(code: string): string {
    return join(this.#folder, code);
  }

  /** Where the archive lies. */
  archiveOf(code: string): string {
    return join(this.#folder, `${code}.zip`);
  }

  /** Deletes code that nothing refers to and nobody is storing. */
  sweep(isKnown: (code: string) => boolean): void {
    for (const name of readdirSync(this.#folder)) {
      const code = name.replace(/\.zip$/, "");
      if (!this.#underWay.has(code) && !isKnown(code))
        rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }
}
