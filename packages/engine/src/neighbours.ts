import type { Host, World } from "./world.ts";

/** The deployment whose turn it is on a host, if it is not ours; undefined too when the instance is gone: nobody has to wait for that. */
export function busyWith({ neighbour, instanceStates }: World, host: Host): string | undefined {
  const state = instanceStates[host.id] ?? "running";
  return state === "running" || state === "pending" ? neighbour?.(host)?.busyWith : undefined;
}

/** From when on a host could have picked a command up: waiting for another deployment is no fault of its agent (deployments.md §13, 29). */
export const couldPickUpFrom = ({ neighbour }: World, host: Host, issuedAt: number): number =>
  Math.max(issuedAt, neighbour?.(host)?.freeSince ?? 0);
