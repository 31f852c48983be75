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

/** What a pass works with. */
export interface PermissionPassOptions {
  readonly folders: FolderCache;
  readonly setter: PermissionSetter;
  readonly list: CleanupList;
  /** What the folders are that this installation has made, or taken up from the previous revision. */
  readonly made: ReadonlyMap<string, Stats>;
  readonly followsLinks: boolean;
  readonly warn: (line: string) => void;
}

/** Permissions that come when everything is in its place: those of folders, of what links lead to, and what goes by paths. */
export class PermissionPass {
  readonly #options: PermissionPassOptions;
  readonly #isRoot = process.getuid?.() === 0;

  constructor(options: PermissionPassOptions) {
    this.#options = options;
  }

  /** A folder: the one that was made, and no other that has come into its place. */
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

  /** A link: what it leads to is not the deployment's, unless the configuration says so. */
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
      // A second name of a file may be what others have given to one of root's.
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

  /** A file has had its permissions before it came into its place. */
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

  /** That a folder is root's is not enough: others may have moved one of root's here. */
  #isOurs(now: Stats, made: Stats | undefined): boolean {
    return !this.#isRoot || (now.uid === 0 && isSame(now, made));
  }

  /** The tools go by paths. They take the policy's word for what they find, and so harm no other file that comes into this place. */
  #setContexts(path: string, steps: readonly PermissionStep[]): void {
    for (const step of steps) {
      if (step.type !== "semanage") continue;
      this.#options.list.noteContext(path);
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
