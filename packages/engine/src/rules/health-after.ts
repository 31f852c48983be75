import type { Registration } from "../model/effect.ts";
import type { Deployment, FleetMember, Outcome, Target } from "../world.ts";

/**
 * What a deployment group remembers of a host. `Installed` identifies a revision, in whatever form the store compares.
 */
export interface HostMemory<Installed> {
  readonly health: FleetMember["health"];
  readonly installed?: Installed | undefined;
  /** Registrations in load balancers that were removed and not restored. */
  readonly deregistered?: readonly Registration[] | undefined;
}

/**
 * Returns what to remember of a host after a deployment has ended (deployments.md §4.1). A host that is not known yet
 * is Unhealthy.
 */
export function healthAfter<Installed>(
  before: HostMemory<Installed> | undefined,
  target: Pick<Target, "status">,
  deployed: { readonly outcome: Outcome; readonly revision: Installed; readonly wasCurrent: boolean },
): HostMemory<Installed> {
  const remembered = before ?? { health: "Unhealthy" };
  if (target.status === "Succeeded") return { health: "Healthy", installed: deployed.revision };
  if (target.status === "Pending" || target.status === "Skipped") return remembered;
  const forgets = deployed.outcome === "Succeeded" && deployed.wasCurrent;
  return remembered.installed === undefined || forgets
    ? { health: "Unhealthy" }
    : { health: "Unhealthy", installed: remembered.installed };
}

/**
 * Whether a deployment installs its revision on this target. Original hosts, rerouted ones and those that terminate
 * keep what they have; functions and services are not hosts.
 */
export const bringsRevision = ({ kind }: Pick<Deployment, "kind">, { label }: Pick<Target, "label">): boolean =>
  kind !== "reroute" && kind !== "termination" && kind !== "lambda" && kind !== "ecs" && label !== "Blue";

/** Returns the revision health of a host: its installed revision, compared with the group's last successful one. */
export function revisionHealth<Installed>(
  installed: Installed | undefined,
  lastSuccessful: Installed | undefined,
  isSame: (a: Installed, b: Installed) => boolean,
): FleetMember["revision"] {
  if (installed === undefined) return "Unknown";
  return lastSuccessful !== undefined && isSame(installed, lastSuccessful) ? "Current" : "Old";
}
