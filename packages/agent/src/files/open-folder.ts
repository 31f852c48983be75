import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, type Stats } from "node:fs";
import { shownPath, systemPath, type SystemPath } from "./system-path.ts";

// Node has no openat. But /proc/self/fd/N is an open folder, and a path below it is resolved in this very folder, wherever
// another process has moved it and whatever it has put in its place.

/** O_PATH: a descriptor that only refers to a file. Nothing is read, no device is opened, and no permission on the file itself is needed. */
export const pathOnly = 0o10000000;

const folderFlags = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A folder that is kept open: operations in it affect this folder, whatever happens to its path. */
export class OpenFolder {
  readonly descriptor: number;
  /** Refers to this folder as long as it is open. */
  readonly path: string;

  /** Throws when the path is a link or anything but a folder. */
  constructor(path: SystemPath) {
    this.descriptor = openSync(path, folderFlags);
    this.path = descriptorPath(this.descriptor);
  }

  /** Opens the root folder. Throws without /proc. */
  static root(): OpenFolder {
    const root = new OpenFolder("/");
    if (existsSync(root.path)) return root;
    root.close();
    throw new Error(
      "Cannot install or remove files: /proc is not mounted, and without it the agent cannot tell whether somebody exchanges folders meanwhile. Mount it: mount -t proc proc /proc",
    );
  }

  /** Returns the path of an entry. */
  at(name: string): SystemPath {
    return systemPath(`${this.path}/${name}`);
  }

  /** Returns the status of an entry, or undefined when there is none. */
  look(name: string): Stats | undefined {
    return lstatSync(this.at(name), { throwIfNoEntry: false });
  }

  /** Opens a folder in this one. Throws when the entry is a link or anything but a folder. */
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

/** Whether both are the same file or folder. */
export const isSame = (one: Stats, other: Stats | undefined): boolean =>
  other !== undefined && one.dev === other.dev && one.ino === other.ino;

/** Returns a path to the file of a descriptor. */
export const descriptorPath = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

/** Returns a system error that names the file's path instead of the descriptor. */
export function withPath(error: unknown, path: string): Error {
  if (!(error instanceof Error && "code" in error)) return error as Error; // nothing else is thrown
  const at = error.message.indexOf("'/proc/self/fd/");
  if (at === -1) return error;
  const message = `${error.message.slice(0, at)}'${shownPath(path)}'`;
  return Object.assign(new Error(message, { cause: error }), { code: error.code });
}
