import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import { programPath } from "../programs.ts";
import { randomHex } from "../random.ts";
import { type ImageFolders, type Job, type JobAnswer, type Layer, layerName } from "./unpack/job.ts";
import type { OwnerIds } from "./unpack/owners.ts";

/** As whom images are unpacked: it is the users of the namespace that containers run in who must own their files. */
export interface UnpackAs {
  /** Words before a command that make it run as somebody who may give files to those users. */
  readonly words: readonly string[];
  readonly owners: OwnerIds;
}

const program = join(import.meta.dirname, "unpack", `unpack-main${extname(import.meta.filename)}`);

/** Memory of a process that unpacks, in MB: it keeps names of entries, and never their content. */
const memoryMb = 1_024;

/** Images that have been unpacked: each layer once, and each image of several layers as one folder. */
export class UnpackedImages {
  readonly #folder: string;
  readonly #folders: ImageFolders;
  /** Where archives of images are while they are read. */
  readonly #archives: string;
  readonly #as: () => Promise<UnpackAs>;
  /** One at a time: images that share layers unpack them once, and other work keeps its processors. */
  #queue: Promise<unknown> = Promise.resolve();
  #isSwept = false;
  /** Whether folders that are there may be about to go. */
  #isSweeping = false;
  readonly #ending = new AbortController();

  constructor(folder: string, as: () => Promise<UnpackAs>) {
    this.#folder = folder;
    this.#folders = { layers: join(folder, "layers"), trees: join(folder, "trees") };
    this.#archives = join(folder, "archives");
    this.#as = as;
  }

  /**
   * The folder of an image with these layers, the lowest first, unpacked if it is not yet. Those that are not proved are
   * read in any case. Rejects with an Error that says what of it must not or cannot be unpacked, or is not what it was to be.
   */
  async treeOf(layers: readonly Layer[], unverified: readonly Layer[] = []): Promise<string> {
    const folder = this.#folderOf(layers.map(({ diffId }) => diffId));
    if (existsSync(folder) && !this.#isSweeping && unverified.length === 0) return folder;
    await this.#inTurn(async () => {
      if (existsSync(folder) && unverified.length === 0) return;
      const { owners } = await this.#as();
      const tree = treeName(layers.map(({ diffId }) => diffId));
      await this.#run({ op: "unpack", folders: this.#folders, layers, unverified, tree, owners });
    });
    return folder;
  }

  /** Unpacks an archive that holds an image, and deletes what came out of it when it has been used. */
  async usingArchive<Result>(file: string, use: (folder: string) => Promise<Result>): Promise<Result> {
    const folder = join(this.#archives, `new-${randomHex(8)}`);
    mkdirSync(this.#archives, { recursive: true, mode: 0o700 });
    try {
      await this.#run({ op: "extract", file, folder });
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Deletes what no image needs; `layersOfAll` tells the layers of those that there are to be. */
  async sweep(layersOfAll: () => readonly (readonly string[])[]): Promise<void> {
    await this.#inTurn(async () => {
      const used = layersOfAll();
      const [layers, trees] = [new Set(used.flat().map(layerName)), new Set(used.map(treeName))];
      const unused = (folder: string, isUsed: (name: string) => boolean) =>
        namesIn(folder)
          .filter((name) => !isUsed(name))
          .map((name) => join(folder, name));
      const going = [
        ...unused(this.#folders.layers, (name) => layers.has(name)),
        ...unused(this.#folders.trees, (name) => trees.has(name)),
      ];
      this.#isSweeping = going.length > 0;
      await this.#remove(going).finally(() => {
        this.#isSweeping = false;
      });
    });
  }

  /** Ends what is being unpacked. */
  close(): void {
    this.#ending.abort();
  }

  #folderOf(diffIds: readonly string[]): string {
    const [only, ...others] = diffIds;
    if (only !== undefined && others.length === 0) return join(this.#folders.layers, layerName(only), "tree");
    return join(this.#folders.trees, treeName(diffIds));
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(async () => {
      await this.#sweepLeftovers();
      return work();
    });
    this.#queue = result.catch(() => {}); // whoever asked is told
    return result;
  }

  /** Deletes what an earlier process had not finished. */
  async #sweepLeftovers(): Promise<void> {
    if (this.#isSwept) return;
    this.#isSwept = true;
    const unfinished = (folder: string) =>
      namesIn(folder)
        .filter((name) => name.startsWith("new-"))
        .map((name) => join(folder, name));
    await this.#remove([this.#folders.layers, this.#folders.trees].flatMap(unfinished));
  }

  async #remove(folders: readonly string[]): Promise<void> {
    if (folders.length > 0) await this.#run({ op: "remove", folders });
  }

  async #run(job: Job): Promise<void> {
    const { words } = await this.#as();
    // The users inside may not enter what lies above, and must be able to enter this.
    mkdirSync(this.#folder, { recursive: true });
    chmodSync(this.#folder, 0o755);
    const [command, ...rest] = [...words, process.execPath, `--max-old-space-size=${memoryMb}`, program];
    const env = { PATH: programPath() };
    const child = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"], env, signal: this.#ending.signal });
    const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(signal ?? code ?? 1));
    });
    child.stdin.on("error", () => {}); // its end tells why
    child.stdin.end(JSON.stringify(job));
    const [output, errors, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (end !== 0) throw new Error(`The process that unpacks ended with ${end}: ${errors.trim().slice(-500)}`);
    const { trouble } = JSON.parse(output) as JobAnswer; // what that process writes
    if (trouble !== undefined) throw new Error(trouble);
  }
}

/** The name of the folder of several layers. */
const treeName = (diffIds: readonly string[]): string => createHash("sha256").update(diffIds.join("\n")).digest("hex");

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
