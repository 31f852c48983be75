import type { TarHead } from "@sluice/archive";
import { groupId, userId } from "../install/accounts.ts";

/** The most names that are looked up for one archive: each may cost a query to a directory service, and real archives have a handful. */
const namesMax = 64;

type LookUp = (name: string) => number | undefined;

/** Maps the owners of an archive's entries to ids of this host: by name where this host knows the name, as tar does for root, else by number. */
export class ArchiveOwners {
  readonly #isRoot = process.getuid?.() === 0;
  readonly #users = new Map<string, number | undefined>();
  readonly #groups = new Map<string, number | undefined>();

  of({ uid, gid, user, group }: Pick<TarHead, "uid" | "gid" | "user" | "group">): { uid: number; gid: number } {
    if (!this.#isRoot) return { uid, gid }; // only root changes owners
    return { uid: find(user, this.#users, userId) ?? uid, gid: find(group, this.#groups, groupId) ?? gid };
  }
}

/** A name must begin with a letter: one of digits would be taken for a number. */
function find(name: string, known: Map<string, number | undefined>, lookUp: LookUp): number | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) return undefined;
  if (!known.has(name)) known.set(name, known.size < namesMax ? lookUp(name) : undefined);
  return known.get(name);
}
