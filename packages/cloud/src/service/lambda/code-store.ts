import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomHex } from "../../random.ts";
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

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Unpacks an archive beside its final place, and moves it there whole. Throws a Fault when it must not be unpacked. */
  async store(archive: Uint8Array): Promise<StoredCode> {
    const code = createHash("sha256").update(archive).digest("hex");
    const stored = { code, codeBytes: archive.length };
    if (existsSync(this.folderOf(code))) return stored;
    const making = join(this.#folder, `new-${randomHex(8)}`);
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
    return stored;
  }

  /** Where the unpacked code lies. */
  folderOf(code: string): string {
    return join(this.#folder, code);
  }

  /** Where the archive lies. */
  archiveOf(code: string): string {
    return join(this.#folder, `${code}.zip`);
  }

  /** Deletes code that nothing refers to any more. */
  sweep(isKnown: (code: string) => boolean): void {
    for (const name of readdirSync(this.#folder))
      if (!isKnown(name.replace(/\.zip$/, ""))) rmSync(join(this.#folder, name), { recursive: true, force: true });
  }
}
