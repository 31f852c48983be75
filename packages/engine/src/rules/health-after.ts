import type { Registration } from "../effect.ts";
import type { Deployment, FleetMember, Outcome, Target } from "../world.ts";

/** What a deployment group remembers of a host. `Installed` names a revision in whatever form the store compares. */
export interface HostMemory<Installed> {
  readonly health: FleetMember["health"];
  readonly installed?: Installed | undefined;
  /** Registrations in load balancers that were taken away and not given back. */
  readonly deregistered?: readonly Registration[] | undefined;
}

/** What to remember of a host after a deployment has ended (deployments.md §4.1). A host that is not known yet is Unhealthy. */
export function healthAfter<Installed>(
  before: HostMemory<Installed> | undefined,
  target: Pick<Target, "status">,
  deployed: { readonly outcome: Outcome; readonly revision: Installed; readonly wasCurrent: boolean },
): HostMemory<Installed> {
  const known = before ?? { health: "Unhealthy" };
  if (target.status === "Succeeded") return { health: "Healthy", installed: deployed.revision };
  if (target.status === "Pending" || target.status === "Skipped") return known;
  const forgets = deployed.outcome === "Succeeded" && deployed.wasCurrent;
  return known.installed === undefined || forgets
    ? { health: "Unhealthy" }
    : { health: "Unhealthy", installed: known.installed };
}

/** Whether a deployment brings its revision to this target: original hosts, rerouted ones and those that end keep what they have, and their health; a function is no host. */
export const bringsRevision = ({ kind }: Pick<Deployment, "kind">, { label }: Pick<Target, "label">): boolean =>
  kind !== "reroute" && kind !== "termination" && kind !== "lambda" && label !== "Blue";

/** The revision health of a host: what it holds beside what the group last deployed with success. */
export function revisionHealth<Installed>(
  installed: Installed | undefined,
  lastSuccessful: Installed | undefined,
  isSame: (a: Installed, b: Installed) => boolean,
): FleetMember["revision"] {
  if (installed === undefined) return "Unknown";
  return lastSuccessful !== undefined && isSame(installed, lastSuccessful) ? "Current" : "Old";
}
