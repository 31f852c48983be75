import type { TarHead } from "@sluice/archive";
import { groupId, userId } from "../install/accounts.ts";

/** Names that are looked up for one archive: each may cost a question to a directory service, and archives have a handful. */
const namesMax = 64;

type LookUp = (name: string) => number | undefined;

/** Whose an archive's entries are on this host: by name where the name is known here, as tar does it for root, and by number otherwise. */
export class ArchiveOwners {
  readonly #isRoot = process.getuid?.() === 0;
  readonly #users = new Map<string, number | undefined>();
  readonly #groups = new Map<string, number | undefined>();

  of({ uid, gid, user, group }: Pick<TarHead, "uid" | "gid" | "user" | "group">): { uid: number; gid: number } {
    if (!this.#isRoot) return { uid, gid }; // nobody else gives files away
    return { uid: find(user, this.#users, userId) ?? uid, gid: find(group, this.#groups, groupId) ?? gid };
  }
}

/** A name of digits is none: it would be taken for a number. */
function find(name: string, known: Map<string, number | undefined>, lookUp: LookUp): number | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) return undefined;
  if (!known.has(name)) known.set(name, known.size < namesMax ? lookUp(name) : undefined);
  return known.get(name);
}
