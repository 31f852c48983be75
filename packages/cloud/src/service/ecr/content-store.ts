import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, hexOf } from "./digest.ts";
import { Upload } from "./upload.ts";

/** Blobs of images, each once under its digest and never changed, and the uploads that become blobs. */
export class ContentStore {
  readonly #blobs: string;
  readonly #uploads: string;
  /** How many need a blob that nothing may refer to: those who read it, and those who are about to refer to it. */
  readonly #holders = new Map<Digest, number>();

  /** Uploads of an earlier process are given up: their clients begin again when they are told that they are unknown. */
  constructor(folder: string) {
    this.#blobs = join(folder, "sha256");
    this.#uploads = join(folder, "uploads");
    rmSync(this.#uploads, { recursive: true, force: true });
    for (const made of [this.#blobs, this.#uploads]) mkdirSync(made, { recursive: true, mode: 0o700 });
  }

  /** The file of a blob. */
  pathOf(digest: Digest): string {
    const hex = hexOf(digest);
    return join(this.#blobs, hex.slice(0, 2), hex);
  }

  has(digest: Digest): boolean {
    return existsSync(this.pathOf(digest));
  }

  /** Begins an upload. */
  begin(id: string): Promise<Upload> {
    return Upload.begin(join(this.#uploads, id));
  }

  /** Makes a finished upload the blob of its digest, on the disk when `refer` is called; that writes down who has it now, and until it has returned no sweep touches the blob. */
  async keep(upload: Upload, digest: Digest, refer: () => void): Promise<void> {
    await this.holding([digest], async () => {
      await upload.flush();
      const path = this.pathOf(digest);
      if (existsSync(path)) upload.discard();
      else {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        renameSync(upload.path, path);
        for (const folder of [dirname(path), this.#blobs]) syncFolder(folder);
      }
      refer();
    });
  }

  /** Does something while these blobs are not deleted. */
  async holding<Result>(digests: readonly Digest[], work: () => Promise<Result>): Promise<Result> {
    for (const digest of digests) this.#holders.set(digest, (this.#holders.get(digest) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const digest of digests) {
        const left = (this.#holders.get(digest) ?? 1) - 1;
        if (left > 0) this.#holders.set(digest, left);
        else this.#holders.delete(digest);
      }
    }
  }

  /** Opens a blob. Who has it open reads it to its end, also when it is deleted meanwhile. */
  open(digest: Digest) {
    return open(this.pathOf(digest));
  }

  /** Deletes a blob that nothing refers to, unless somebody needs it: then a later sweep does it. */
  delete(digest: Digest): void {
    if (!this.#holders.has(digest)) rmSync(this.pathOf(digest), { force: true });
  }

  /** Deletes the files that nothing refers to: a kill between two steps leaves some. */
  sweep(isKnown: (digest: Digest) => boolean): void {
    for (const group of readdirSync(this.#blobs))
      for (const name of readdirSync(join(this.#blobs, group)))
        if (!isKnown(`sha256:${name}`)) this.delete(`sha256:${name}`);
  }
}

/** Has the names in a folder on the disk. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
