import { readlinkSync, type Stats } from "node:fs";
import { OpenFolder } from "./open-folder.ts";
import { pathOf, shownPath } from "./system-path.ts";

/** Links that are followed in one path, as in Linux. */
const linksMax = 40;

/** The target of a path whose links were followed. */
export interface RealPlace {
  /** The path without links. */
  readonly path: string;
  /** Undefined when nothing exists there, or the links form a loop. */
  readonly stat: Stats | undefined;
}

/** A part of a path is a link that users other than root may change. */
export class UnsafeLink extends Error {}

/**
 * Follows the links of a path. `isRoot`: only those that root alone can have created and can replace: each folder up to the
 * link, and the link, must belong to root and be writable by nobody else. Anybody else who could change one of them would
 * decide where root writes. Throws UnsafeLink otherwise.
 */
export function followLinks(path: string, isRoot: boolean): RealPlace {
  const walk = new Walk(path, isRoot);
  try {
    return walk.toEnd();
  } finally {
    walk.close();
  }
}

interface Step {
  readonly name: string;
  readonly folder: OpenFolder;
}

class Walk {
  readonly #whole: string;
  readonly #isRoot: boolean;
  readonly #root = OpenFolder.root();
  /** The folders from the root folder to the current one. */
  readonly #way: Step[] = [];
  /** The names still to be resolved, the next one last. */
  readonly #ahead: string[];
  #links = 0;

  constructor(path: string, isRoot: boolean) {
    this.#whole = path;
    this.#isRoot = isRoot;
    this.#ahead = path.split("/").toReversed();
  }

  toEnd(): RealPlace {
    for (let name = this.#ahead.pop(); name !== undefined; name = this.#ahead.pop()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        this.#way.pop()?.folder.close();
        continue;
      }
      const stat = this.#here.look(name);
      const isLast = this.#ahead.every((part) => part === "" || part === ".");
      if (stat === undefined || !(stat.isDirectory() || stat.isSymbolicLink()))
        return { path: this.#pathOf(name), stat: isLast ? stat : undefined };
      if (stat.isDirectory()) this.#way.push({ name, folder: this.#here.child(name) });
      else if (!this.#follow(name, stat)) return { path: this.#pathOf(name), stat: undefined };
    }
    return { path: `/${this.#way.map((step) => step.name).join("/")}`, stat: this.#here.stat() };
  }

  close(): void {
    this.#root.close();
    for (const { folder } of this.#way) folder.close();
  }

  get #here(): OpenFolder {
    return this.#way.at(-1)?.folder ?? this.#root;
  }

  /** Returns false when there are too many links. */
  #follow(name: string, link: Stats): boolean {
    if (this.#isRoot && !(link.uid === 0 && this.#isRootsAlone()))
      throw new UnsafeLink(
        `The deployment failed because the path "${shownPath(this.#whole)}" leads through the symbolic link "${shownPath(this.#pathOf(name))}", and others than root may change the link or a folder on the way to it. The agent runs as root and does not follow such links. Name the real path instead, or let the link and its folders be root's alone.`,
      );
    this.#links += 1;
    if (this.#links > linksMax) return false;
    const target = pathOf(readlinkSync(this.#here.at(name), { encoding: "buffer" }));
    this.#ahead.push(...target.split("/").toReversed());
    if (target.startsWith("/")) for (const { folder } of this.#way.splice(0)) folder.close();
    return true;
  }

  /** In a sticky folder nobody else can replace root's entries; but anybody can create links there, so links in it are not followed. */
  #isRootsAlone(): boolean {
    const folders = [this.#root, ...this.#way.map(({ folder }) => folder)].map((folder) => folder.stat());
    return folders.every(
      ({ uid, mode }, index) =>
        uid === 0 && ((mode & 0o022) === 0 || ((mode & 0o1000) !== 0 && index < folders.length - 1)),
    );
  }

  #pathOf(name: string): string {
    return `/${[...this.#way.map((step) => step.name), name].join("/")}`;
  }
}
