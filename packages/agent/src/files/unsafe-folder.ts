import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";

/** Links that are followed for one path, as the system has it. */
const linksMax = 40;

/** Groups below this number are the system's: on Ubuntu /var/log is its logger's. */
const firstUserGroup = 1_000;

/** Who may change the folders on the way to one that root works in. */
export interface TrustedUsers {
  readonly users: readonly number[];
  /** Whether groups of the system may write to the folders above it. */
  readonly trustsSystemGroups: boolean;
}

/** A part of a path that somebody else may change, or exchange. */
export interface UnsafePart {
  readonly path: string;
  readonly stat: Stats;
}

/**
 * Returns the first part of a path, links followed, by which others could put a folder of theirs in the place of the one
 * that the path names, or write into that; undefined when nobody can. What is not there yet has nobody's rights.
 */
export function unsafePartOf(path: string, trusted: TrustedUsers): UnsafePart | undefined {
  const names = path.split("/").toReversed();
  let here = "/";
  for (let links = 0; links <= linksMax;) {
    const stat = lstatSync(here);
    const isLast = names.every((name) => name === "");
    if (mayBeChanged(stat, isLast, trusted)) return { path: here, stat };
    const name = names.pop();
    if (name === undefined) return undefined;
    if (name === "" || name === ".") continue;
    const next = join(here, name);
    const found = lstatSync(next, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isSymbolicLink()) {
      here = next;
      continue;
    }
    // In a sticky folder anybody may lay a link.
    if (!trusted.users.includes(found.uid)) return { path: next, stat: found };
    links += 1;
    const target = readlinkSync(next);
    names.push(...target.split("/").toReversed());
    if (target.startsWith("/")) here = "/";
  }
  return undefined; // the links go in a circle: making the folder says so
}

function mayBeChanged({ uid, gid, mode }: Stats, isLast: boolean, { users, trustsSystemGroups }: TrustedUsers) {
  if (!users.includes(uid)) return true;
  // What lies in a sticky folder only its owner can exchange.
  if ((mode & 0o1000) !== 0 && !isLast) return false;
  if ((mode & 0o002) !== 0) return true;
  const isTrustedGroup = gid === 0 || (trustsSystemGroups && !isLast && gid < firstUserGroup);
  return (mode & 0o020) !== 0 && !isTrustedGroup;
}
