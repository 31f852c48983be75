import type { Deployment, FleetMember, Outcome } from "../world.ts";

/** Whether a host does not hold the revision of a deployment. One that is Unhealthy may hold half of another one. */
export const isOutdated = ({ health, holdsRevision }: FleetMember): boolean =>
  health === "Unhealthy" || holdsRevision !== true;

/** Follow-ups that one deployment may have: an Auto Scaling group that launches faster than we deploy must not keep us at it for ever (deployments.md §6.3). */
export const followUpsMax = 10;

/** What is known when a deployment has ended that may owe a follow-up. */
export interface EndedDeployment {
  readonly deployment: Pick<Deployment, "id" | "kind"> & { readonly status: Outcome };
  /** Of the deployment group; UPDATE when it says nothing. */
  readonly outdatedInstancesStrategy: "UPDATE" | "IGNORE";
  /** The hosts that the group selects now; their `holdsRevision` is about this deployment's revision. */
  readonly fleet: readonly FleetMember[];
  /** Hosts that were targets of the root deployment or of one of its follow-ups: those have had their turn. */
  readonly tried: ReadonlySet<string>;
  /** Follow-ups of the root deployment so far. */
  readonly followUps: number;
  /** Launch deployments of the group under way: their instances are not in service yet, and get an older revision. */
  readonly launching: number;
}

/** Whether a finished deployment owes another one to hosts that were launched meanwhile. It is a deployment with the creator CodeDeployAutoUpdate, the same revision, `outdatedOnly`, and the group's configuration and alarms; `relatedDeployments` name the root, which is the first deployment, on each follow-up, and the follow-ups on the root. */
export type FollowUp =
  | { readonly is: "owed"; readonly hosts: readonly string[]; readonly because: string }
  /** Not yet, but look again when a launch deployment of the group has ended. */
  | { readonly is: "later"; readonly because: string }
  | { readonly is: "none"; readonly because: string };

/** Decides about the follow-up of a deployment (deployments.md §6.3). */
export function followUp(ended: EndedDeployment): FollowUp {
  const { deployment, outdatedInstancesStrategy, fleet, tried, followUps, launching } = ended;
  const none = (because: string): FollowUp => ({ is: "none", because });
  if (deployment.status !== "Succeeded") return none(`${deployment.id} has ${deployment.status}`);
  if (deployment.kind !== "in-place" && deployment.kind !== "blue-green")
    return none(`a ${deployment.kind} deployment brings the group no new revision`);
  if (outdatedInstancesStrategy === "IGNORE") return none("the deployment group leaves outdated instances as they are");
  const hosts = fleet.filter((member) => isThere(member) && isOutdated(member) && !tried.has(member.id));
  if (hosts.length === 0)
    return launching > 0
      ? { is: "later", because: `${launching} instances are still being launched` }
      : none("every instance that the deployment did not try has its revision");
  if (followUps >= followUpsMax) return none(`${followUps} follow-ups have not caught up with the group`);
  const ids = hosts.map(({ id }) => id);
  return { is: "owed", hosts: ids, because: `${ids.join(", ")} came while ${deployment.id} ran` };
}

const isThere = ({ state }: FleetMember) => state === "running" || state === "pending";
