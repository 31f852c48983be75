import { closeSync, fstatSync, openSync, type Stats } from "node:fs";
import { constants } from "node:fs";
import { basename, dirname } from "node:path";
import { followLinks } from "../files/follow-links.ts";
import type { FolderCache } from "../files/folder-cache.ts";
import { isSame, type OpenFolder, pathOnly, withPath } from "../files/open-folder.ts";
import { shownPath } from "../files/system-path.ts";
import type { CleanupList } from "./cleanup-list.ts";
import { setContext } from "./security-context.ts";
import type { PermissionSetter, PermissionStep } from "./set-permissions.ts";

/** What a pass needs. */
export interface PermissionPassOptions {
  readonly folders: FolderCache;
  readonly setter: PermissionSetter;
  readonly list: CleanupList;
  /** The status of the folders that this installation has created, or taken over from the previous revision. */
  readonly made: ReadonlyMap<string, Stats>;
  readonly followsLinks: boolean;
  readonly warn: (line: string) => void;
}

/** Sets the permissions that need everything in its place: those of folders and of the targets of links, and SELinux contexts. */
export class PermissionPass {
  readonly #options: PermissionPassOptions;
  readonly #isRoot = process.getuid?.() === 0;

  constructor(options: PermissionPassOptions) {
    this.#options = options;
  }

  /** Sets those of a folder. Throws when another folder has its path now. */
  folder(path: string, steps: readonly PermissionStep[]): void {
    const { folders, made, setter } = this.#options;
    const folder = folders.open(path);
    if (!this.#isOurs(folder.stat(), made.get(path)))
      throw new Error(
        `The deployment failed because the folder "${shownPath(path)}" is not the one that this deployment has made: its permissions were left alone`,
      );
    setter.set(folder.descriptor, steps);
    this.#setContexts(path, steps);
  }

  /** Sets those of a link's target if the configuration says so; else the target does not belong to the deployment, and is left alone. */
  link(path: string, steps: readonly PermissionStep[]): void {
    const { followsLinks, folders, setter, warn } = this.#options;
    if (!followsLinks) {
      for (const { type, file } of steps)
        if (type !== "chown")
          warn(
            `Left ${type} of "${shownPath(file)}" aside: it is a link, and what it leads to is not the deployment's`,
          );
      return;
    }
    const { path: real, stat } = followLinks(path, this.#isRoot);
    if (stat === undefined)
      throw new Error(`The deployment failed because the link "${shownPath(path)}" leads nowhere, and has permissions`);
    const target = openEntry(folders.open(dirname(real)), real);
    try {
      // Others may have created this name as a hard link to a file of root's.
      if (this.#isRoot && !stat.isDirectory() && fstatSync(target).nlink !== 1)
        throw new Error(
          `The deployment failed because "${shownPath(real)}", to which the link "${shownPath(path)}" leads, has other names besides: its permissions were left alone`,
        );
      setter.set(target, steps);
    } finally {
      closeSync(target);
    }
    this.#setContexts(real, steps);
  }

  /** Sets the SELinux context of a file, which got its other permissions before it was renamed. */
  file(path: string, steps: readonly PermissionStep[]): void {
    if (
      steps.some(({ type }) => type === "semanage") &&
      this.#options.folders.open(dirname(path)).look(basename(path))?.isFile() !== true
    )
      throw new Error(
        `The deployment failed because somebody has exchanged "${shownPath(path)}": its SELinux context was left alone`,
      );
    this.#setContexts(path, steps);
  }

  /** Whether a folder is the one that was created. That it belongs to root is not enough: others may have moved one of root's here. */
  #isOurs(now: Stats, made: Stats | undefined): boolean {
    return !this.#isRoot || (now.uid === 0 && isSame(now, made));
  }

  /** The tools work by path. They set what the policy says of the path, so they do no harm to another file there. */
  #setContexts(path: string, steps: readonly PermissionStep[]): void {
    for (const step of steps) {
      if (step.type !== "semanage") continue;
      this.#options.list.addContext(path);
      setContext(path, step.context);
    }
  }
}

function openEntry(folder: OpenFolder, path: string): number {
  try {
    return openSync(folder.at(basename(path)), pathOnly | constants.O_NOFOLLOW);
  } catch (error) {
    throw withPath(error, path);
  }
}
