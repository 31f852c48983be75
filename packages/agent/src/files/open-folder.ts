import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, type Stats } from "node:fs";
import { shownPath, systemPath, type SystemPath } from "./system-path.ts";

// Node has no openat and its like. A folder that is open stands in /proc/self/fd under its number, and a path below that
// is looked up in this very folder, wherever others have moved it and whatever they have put in its place.

/** Linux's flag for a descriptor that merely stands for something: nothing is read, no device is woken, and no right is needed but that to come there. */
export const pathOnly = 0o10000000;

const folderFlags = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A folder that is held open: what is done in it is done in it, whatever becomes of its path. */
export class OpenFolder {
  readonly descriptor: number;
  /** Leads to this folder as long as it is open. */
  readonly path: string;

  /** Throws when a link or anything but a folder stands there. */
  constructor(path: SystemPath) {
    this.descriptor = openSync(path, folderFlags);
    this.path = descriptorPath(this.descriptor);
  }

  /** The root folder. Throws when folders cannot be held, for want of /proc. */
  static root(): OpenFolder {
    const root = new OpenFolder("/");
    if (existsSync(root.path)) return root;
    root.close();
    throw new Error(
      "Cannot install or remove files: /proc is not mounted, and without it the agent cannot tell whether somebody exchanges folders meanwhile. Mount it: mount -t proc proc /proc",
    );
  }

  /** The path of an entry. */
  at(name: string): SystemPath {
    return systemPath(`${this.path}/${name}`);
  }

  /** What stands under a name; undefined when nothing does. */
  look(name: string): Stats | undefined {
    return lstatSync(this.at(name), { throwIfNoEntry: false });
  }

  /** A folder in this one. Throws when a link or anything else stands there. */
  child(name: string): OpenFolder {
    return new OpenFolder(this.at(name));
  }

  stat(): Stats {
    return fstatSync(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Whether two looks have found the same thing. */
export const isSame = (one: Stats, other: Stats | undefined): boolean =>
  other !== undefined && one.dev === other.dev && one.ino === other.ino;

/** A path to whatever a descriptor stands for. */
export const descriptorPath = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

/** A system's error with the path that a descriptor stood for: Node tells its number, which tells people nothing. */
export function withPath(error: unknown, path: string): Error {
  if (!(error instanceof Error && "code" in error)) return error as Error; // nothing else is thrown
  const at = error.message.indexOf("'/proc/self/fd/");
  if (at === -1) return error;
  const message = `${error.message.slice(0, at)}'${shownPath(path)}'`;
  return Object.assign(new Error(message, { cause: error }), { code: error.code });
}
