import { dirname, isAbsolute, resolve } from "node:path";
import type { ByteName } from "./byte-name.ts";

/** A symbolic link of an archive. */
export interface ArchiveLink {
  readonly name: ByteName;
  readonly target: ByteName;
}

interface Node {
  link: ArchiveLink | undefined;
  readonly below: Map<string, Node>;
}

const node = (): Node => ({ link: undefined, below: new Map() });

/** The symbolic links of one archive, by the parts of their paths: a path is asked about in the time that reading it takes. */
export class ArchiveLinks {
  readonly #top = node();
  readonly #all = new Map<ByteName, ArchiveLink>();

  /** All of them, by path. */
  get all(): ReadonlyMap<ByteName, ArchiveLink> {
    return this.#all;
  }

  add(path: ByteName, link: ArchiveLink): void {
    let at = this.#top;
    for (const part of path.split("/")) {
      const next = at.below.get(part) ?? node();
      at.below.set(part, next);
      at = next;
    }
    at.link = link;
    this.#all.set(path, link);
  }

  /** The first link that a path leads through, its own last part included. */
  on(path: ByteName): ArchiveLink | undefined {
    let at: Node | undefined = this.#top;
    for (const part of path.split("/")) {
      at = at.below.get(part);
      if (at === undefined) return undefined;
      if (at.link !== undefined) return at.link;
    }
    return undefined;
  }
}

/**
 * Whether a link may lead out of a folder, and how. A target may climb first and then descend, never climb again: what
 * it descends into may be another link, and `..` behind a link is somewhere else than it looks.
 */
export function leadsOut(path: ByteName, target: ByteName, root: ByteName): "surely" | "perhaps" | undefined {
  const steps = target.split("/").filter((step) => step !== "" && step !== ".");
  const down = steps.findIndex((step) => step !== "..");
  if (down !== -1 && steps.slice(down).includes("..")) return "perhaps";
  return isAbsolute(target) || !isInside(resolve(dirname(path), target), root) ? "surely" : undefined;
}

/** Whether a path is a folder, or below it. */
export function isInside(path: ByteName, root: ByteName): boolean {
  return path === root || path.startsWith(`${root}/`);
}
