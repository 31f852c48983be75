import type { Host, World } from "../world.ts";

/**
 * Returns the deployment that has priority on a host. Undefined if none has, or if the instance is gone: then there is
 * nothing to wait for.
 */
export function blockedBy({ contention, instanceStates }: World, host: Host): string | undefined {
  const state = instanceStates[host.id] ?? "running";
  return state === "running" || state === "pending" ? contention?.(host)?.blockedBy : undefined;
}

/**
 * From when on a host could have acknowledged a command: waiting for another deployment is not its agent's fault
 * (deployments.md §13, 29).
 */
export const canPickUpFrom = ({ contention }: World, host: Host, issuedAt: number): number =>
  Math.max(issuedAt, contention?.(host)?.freeSince ?? 0);
