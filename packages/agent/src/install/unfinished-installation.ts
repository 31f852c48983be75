import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-file.ts";
import { FolderCache } from "../files/folder-cache.ts";
import { namesIn } from "../files/system-path.ts";
import { cleanupFile, foldersListed } from "./cleanup-list.ts";

// Until they are complete, files have names with a prefix of their installation. A file of the agent has the prefix for as
// long as the installation lasts. If it is found later, the agent was killed, and files with the prefix are left over.

const prefixPattern = /^\.sluice-[0-9a-z]{1,16}-$/;

/** The temporary files of an installation in progress. */
export class UnfinishedInstallation {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Removes what a killed installation has left in some folders. */
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

  /** Begins an installation. Returns the prefix of its temporary files. */
  begin(): string {
    const prefix = `.sluice-${Math.random().toString(36).slice(2, 12).padEnd(1, "0")}-`;
    writeAtomically(this.#file, prefix);
    return prefix;
  }

  /** Ends it: no temporary files are left. */
  end(): void {
    rmSync(this.#file, { force: true });
  }

  #prefix(): string | undefined {
    try {
      const text = readFileSync(this.#file, "utf8");
      return prefixPattern.test(text) ? text : undefined;
    } catch {
      return undefined; // missing or unreadable: nothing is known to be left
    }
  }
}

function sweepFolder(held: FolderCache, path: string, prefix: string): void {
  try {
    const folder = held.open(path);
    for (const name of namesIn(folder.path)) if (name.startsWith(prefix)) unlinkSync(folder.at(name));
  } catch {
    // The folder is gone or was replaced. A file that cannot be removed does no harm.
  }
}

const suffix = "-installing";

/** The path of the file that a deployment group's installation in progress has. */
export const unfinishedFile = (instructionsFolder: string, deploymentGroupId: string): string =>
  join(instructionsFolder, `${deploymentGroupId}${suffix}`);

/** Removes what installations of an earlier agent process have left. The next installation of their groups would do so, too, but may never come. */
export function sweepUnfinishedInstallations(instructionsFolder: string): void {
  if (!existsSync(instructionsFolder)) return;
  for (const name of readdirSync(instructionsFolder).filter((one) => one.endsWith(suffix))) {
    const group = name.slice(0, -suffix.length);
    new UnfinishedInstallation(join(instructionsFolder, name)).sweep(
      foldersListed(cleanupFile(instructionsFolder, group)),
    );
  }
}
