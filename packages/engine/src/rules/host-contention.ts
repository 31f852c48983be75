import type { Host, World } from "../world.ts";

/** The deployment whose turn it is on a host, if it is not ours; undefined too when the instance is gone: nobody has to wait for that. */
export function blockedBy({ contention, instanceStates }: World, host: Host): string | undefined {
  const state = instanceStates[host.id] ?? "running";
  return state === "running" || state === "pending" ? contention?.(host)?.blockedBy : undefined;
}

/** From when on a host could have picked a command up: waiting for another deployment is no fault of its agent (deployments.md §13, 29). */
export const canPickUpFrom = ({ contention }: World, host: Host, issuedAt: number): number =>
  Math.max(issuedAt, contention?.(host)?.freeSince ?? 0);
