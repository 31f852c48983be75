import type { FleetMember } from "./world.ts";

/** Puts the neediest hosts first: Unhealthy, then revision Unknown, Old, Current; by lot within a class (deployments.md §4.1). */
export function startOrder(fleet: readonly FleetMember[]): readonly FleetMember[] {
  return fleet.toSorted((a, b) => rank(a) - rank(b) || a.lot - b.lot || a.id.localeCompare(b.id));
}

function rank({ health, revision }: FleetMember): number {
  if (health === "Unhealthy") return 0;
  return { Unknown: 1, Old: 2, Current: 3 }[revision];
}
