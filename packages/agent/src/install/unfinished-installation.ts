import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-file.ts";
import { FolderCache } from "../files/folder-cache.ts";
import { namesIn } from "../files/system-path.ts";
import { cleanupFile, foldersListed } from "./cleanup-list.ts";

// Files that are not in their places yet have names that begin with a word of their installation. A file of the agent's own
// has that word as long as the installation lasts: whoever finds it later knows what a kill has left behind.

const word = /^\.sluice-[0-9a-z]{1,16}-$/;

/** The names of an installation that is under way. */
export class UnfinishedInstallation {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Removes from some folders what an installation that was killed has left. */
  sweep(folders: Iterable<string>): void {
    const prefix = this.#prefix();
    if (prefix === undefined) return;
    const held = new FolderCache();
    try {
      for (const path of folders) sweepFolder(held, path, prefix);
    } finally {
      held.close();
    }
  }

  /** Begins an installation. Gives what the names of its files begin with until they are in their places. */
  begin(): string {
    const prefix = `.sluice-${Math.random().toString(36).slice(2, 12).padEnd(1, "0")}-`;
    writeAtomically(this.#file, prefix);
    return prefix;
  }

  /** Ends it: nothing is left of it but files in their places. */
  end(): void {
    rmSync(this.#file, { force: true });
  }

  #prefix(): string | undefined {
    try {
      const text = readFileSync(this.#file, "utf8");
      return word.test(text) ? text : undefined;
    } catch {
      return undefined; // there is none, or it cannot be read: then nothing is known to be left
    }
  }
}

function sweepFolder(held: FolderCache, path: string, prefix: string): void {
  try {
    const folder = held.open(path);
    for (const name of namesIn(folder.path)) if (name.startsWith(prefix)) unlinkSync(folder.at(name));
  } catch {
    // The folder is gone, or is somebody else's now; what cannot be removed is in nobody's way.
  }
}

const ending = "-installing";

/** Where a group's installations say that they are under way. */
export const unfinishedFile = (instructionsFolder: string, deploymentGroupId: string): string =>
  join(instructionsFolder, `${deploymentGroupId}${ending}`);

/** Removes what installations have left that ended with an earlier life of the agent. Their groups' next ones would, too, if there are any. */
export function sweepUnfinishedInstallations(instructionsFolder: string): void {
  if (!existsSync(instructionsFolder)) return;
  for (const name of readdirSync(instructionsFolder).filter((one) => one.endsWith(ending))) {
    const group = name.slice(0, -ending.length);
    new UnfinishedInstallation(join(instructionsFolder, name)).sweep(
      foldersListed(cleanupFile(instructionsFolder, group)),
    );
  }
}
