// The specification's arithmetic once more, by its definitions and not by the engine's formulas.
import type { FleetMember, InstanceState, MinimumHealthyHosts, World, ZonalConfiguration } from "../../src/index.ts";

/** 0 for the neediest: Unhealthy, then revision Unknown, Old, Current. */
export function needOf({ health, revision }: FleetMember): number {
  return health === "Unhealthy" ? 0 : ["", "Unknown", "Old", "Current"].indexOf(revision);
}

/** B: the hosts left when the fewest that satisfy the configuration stay healthy. */
export function mostUnavailable({ type, value }: MinimumHealthyHosts, hosts: number): number {
  if (type === "MOST_CONCURRENCY") return value;
  if (type === "HOST_COUNT") return hosts - value;
  let healthy = 0;
  while (healthy * 100 < hosts * value) healthy += 1;
  return hosts === 1 ? 1 : hosts - healthy;
}

/** How long a zone is watched when it is done; the last one is not. */
export function watchedFor(zonal: ZonalConfiguration, zone: string, zones: readonly string[]): number {
  if (zone === zones.at(-1)) return 0;
  return zone === zones[0] ? (zonal.firstZoneMonitorDuration ?? zonal.monitorDuration) : zonal.monitorDuration;
}

/** Whether an instance may still report. */
export const isThere = (state: InstanceState = "running"): boolean => state === "running" || state === "pending";

/** Whether an instance will never report any more. */
export const isEnded = (state: InstanceState = "running"): boolean =>
  state === "shutting-down" || state === "terminated";

/** A host that is known by one name only. */
const named = (id: string) => ({ id, hostIdentifier: id });

/** Whether another deployment has priority on a host that still exists. */
export const isTaken = ({ contention, instanceStates }: World, host: string): boolean =>
  contention?.(named(host))?.blockedBy !== undefined && isThere(instanceStates[host]);

/** Until when a command has to be picked up: so long from when it could be. */
export const pickUpBy = (
  world: World,
  host: string,
  { issuedAt, within }: { readonly issuedAt: number; readonly within: number },
): number =>
  isTaken(world, host)
    ? Number.POSITIVE_INFINITY
    : Math.max(issuedAt, world.contention?.(named(host))?.freeSince ?? 0) + within;

/** The events that `ignoreApplicationStopFailures` is about. */
export const tolerable: ReadonlySet<string> = new Set(["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"]);
