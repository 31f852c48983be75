import { readFileSync } from "node:fs";

/** Which users files are given to: those that stand for an image's in a range of ids, those of the user namespace that the process is in, or none, where only one user may have files. */
export type OwnerIds = { readonly first: number; readonly count: number } | "namespace" | "none";

/** The id of "nobody", who gets what belongs to users that there are not. */
const nobody = 65_534;

/** Whose a file of an image is here. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** Whether it is somebody else than the image means, as there is no such user here. */
  readonly isOther: boolean;
}

/** Says to whom files of images are given here. Returns undefined where they stay with whoever unpacks them. */
export function ownersOf(ids: OwnerIds): ((of: { readonly uid: number; readonly gid: number }) => Owner) | undefined {
  if (ids === "none") return undefined;
  const { first, count } = ids === "namespace" ? { first: 0, count: idsOfNamespace() } : ids;
  const idOf = (id: number) => first + (id < count ? id : nobody < count ? nobody : 0);
  return ({ uid, gid }) => ({ uid: idOf(uid), gid: idOf(gid), isOther: uid >= count || gid >= count });
}

/** How many ids the user namespace of this process has, from 0 on. */
function idsOfNamespace(): number {
  const lines = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  const [first = 0, , count = 1] = lines.at(-1)?.trim().split(/\s+/).map(Number) ?? [];
  return first + count;
}
