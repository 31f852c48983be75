import { constants } from "node:fs";
import { chmod, chown, link, mkdir, open, rm, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { BundleRules } from "./rules.ts";

/** What an archive says of a file. */
export interface EntryHead {
  readonly name: string;
  readonly mode: number;
  readonly modified?: Date | undefined;
  /** Whose it is, by number; kept when the agent may give files away. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Writes the entries of one bundle below its root: links last, so that nothing is ever written through one. */
export class BundleWriter {
  readonly #rules: BundleRules;
  readonly #made = new Set<string>();
  readonly #folderModes = new Map<string, number>();
  readonly #links: { readonly path: string; readonly target: string; readonly isHard: boolean }[] = [];
  readonly #givesAway = process.getuid?.() === 0;

  constructor(rules: BundleRules) {
    this.#rules = rules;
  }

  async folder({ name, mode }: EntryHead): Promise<void> {
    const path = this.#rules.place(name);
    await this.#makeFolder(path);
    this.#folderModes.set(path, mode & 0o777);
  }

  async file(head: EntryHead, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#rules.place(head.name);
    const mode = this.#rules.mode(head.name, head.mode);
    await this.#makeFolder(dirname(path));
    await rm(path, { force: true });
    const file = await open(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      for await (const chunk of content) {
        this.#rules.count(head.name, chunk.length);
        await file.writeFile(chunk);
      }
      await file.chmod(mode);
      if (head.modified !== undefined) await file.utimes(head.modified, head.modified);
    } finally {
      await file.close();
    }
    if (head.owner !== undefined && this.#givesAway) await giveAway(path, head.owner);
  }

  symbolicLink(name: string, target: string): void {
    this.#links.push({ path: this.#rules.link(name, target), target, isHard: false });
  }

  /** A second name for another entry. */
  hardLink(name: string, entry: string): void {
    this.#links.push({ path: this.#rules.place(name), target: this.#rules.place(entry), isHard: true });
  }

  /** Makes the links, and gives folders their modes. */
  async finish(): Promise<void> {
    for (const { path, target, isHard } of this.#links.toSorted((a, b) => Number(b.isHard) - Number(a.isHard))) {
      await this.#makeFolder(dirname(path));
      await rm(path, { force: true });
      await (isHard ? link(target, path) : symlink(target, path));
    }
    // The agent must be able to read and delete what it has unpacked.
    for (const [path, mode] of this.#folderModes) await chmod(path, mode | 0o700);
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await mkdir(path, { recursive: true });
    this.#made.add(path);
  }
}

async function giveAway(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  await chown(path, uid, gid).catch((error: NodeJS.ErrnoException) => {
    // In a user namespace that does not know the number, the file stays the agent's.
    if (error.code !== "EINVAL" && error.code !== "EPERM") throw error;
  });
}
