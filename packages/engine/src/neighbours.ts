import type { Target, World } from "./world.ts";

/** The deployment whose turn it is on a host, if it is not ours; undefined too when the instance is gone: nobody has to wait for that. */
export function busyWith({ neighbours, instanceStates }: World, { id }: Pick<Target, "id">): string | undefined {
  const state = instanceStates[id] ?? "running";
  return state === "running" || state === "pending" ? neighbours?.[id]?.busyWith : undefined;
}

/** From when on a host could have picked a command up: waiting for another deployment is no fault of its agent (deployments.md §13, 29). */
export const couldPickUpFrom = ({ neighbours }: World, { id }: Pick<Target, "id">, issuedAt: number): number =>
  Math.max(issuedAt, neighbours?.[id]?.freeSince ?? 0);
