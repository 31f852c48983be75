import type { FleetMember } from "../world.ts";

/** Puts the neediest hosts first: Unhealthy, then revision Unknown, Old, Current; by tieBreaker within a class (deployments.md §4.1). */
export function startOrder(fleet: readonly FleetMember[]): readonly FleetMember[] {
  return fleet.toSorted((a, b) => rank(a) - rank(b) || a.tieBreaker - b.tieBreaker || a.id.localeCompare(b.id));
}

/** Hosts zone by zone, in each in the order in which they came. */
export const byZone = (hosts: readonly FleetMember[]): readonly FleetMember[] =>
  zonesOf(hosts).flatMap((zone) => hosts.filter((host) => (host.zone ?? "") === zone));

/** Zones in the order of their names (inferred; deployments.md §4.5 rule 1). */
export const zonesOf = (hosts: readonly Pick<FleetMember, "zone">[]): readonly string[] =>
  [...new Set(hosts.map(({ zone = "" }) => zone))].toSorted();

function rank({ health, revision }: FleetMember): number {
  if (health === "Unhealthy") return 0;
  return { Unknown: 1, Old: 2, Current: 3 }[revision];
}
