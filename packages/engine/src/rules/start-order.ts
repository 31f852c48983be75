import type { FleetMember } from "../world.ts";

/**
 * Returns the hosts with the neediest first: Unhealthy, then revision Unknown, Old, Current; by tie-breaker within a
 * class (deployments.md §4.1).
 */
export function startOrder(fleet: readonly FleetMember[]): readonly FleetMember[] {
  return fleet.toSorted((a, b) => rank(a) - rank(b) || a.tieBreaker - b.tieBreaker || a.id.localeCompare(b.id));
}

/** Returns the hosts zone by zone, in each zone in their given order. */
export const byZone = (hosts: readonly FleetMember[]): readonly FleetMember[] =>
  zonesOf(hosts).flatMap((zone) => hosts.filter((host) => (host.zone ?? "") === zone));

/** Returns the zones in the order of their names (inferred; deployments.md §4.5 rule 1). */
export const zonesOf = (hosts: readonly Pick<FleetMember, "zone">[]): readonly string[] =>
  [...new Set(hosts.map(({ zone = "" }) => zone))].toSorted();

function rank({ health, revision }: FleetMember): number {
  if (health === "Unhealthy") return 0;
  return { Unknown: 1, Old: 2, Current: 3 }[revision];
}
