import type { Deployment, FleetMember, Outcome } from "../world.ts";

/** Whether a host does not hold the revision of a deployment. One that is Unhealthy may hold half of another one. */
export const isOutdated = ({ health, holdsRevision }: FleetMember): boolean =>
  health === "Unhealthy" || holdsRevision !== true;

/**
 * How many follow-ups one deployment may have: an Auto Scaling group that launches faster than we deploy must not keep
 * us busy forever (deployments.md §6.3).
 */
export const followUpsMax = 10;

/** A deployment that has ended, with the facts that decide whether a follow-up is due. */
export interface FollowUpInput {
  readonly deployment: Pick<Deployment, "id" | "kind"> & { readonly status: Outcome };
  /** The deployment group's setting; UPDATE by default. */
  readonly outdatedInstancesStrategy: "UPDATE" | "IGNORE";
  /** The hosts that the group selects now. `holdsRevision` refers to this deployment's revision. */
  readonly fleet: readonly FleetMember[];
  /** Hosts that were targets of the root deployment or of one of its follow-ups: they are not tried again. */
  readonly tried: ReadonlySet<string>;
  /** Follow-ups of the root deployment so far. */
  readonly followUps: number;
  /** Launch deployments in progress: their instances are not in service yet, and get an older revision. */
  readonly launching: number;
}

/**
 * Whether a deployment that succeeded needs a follow-up for hosts that were launched in the meantime, and if so, for
 * which.
 */
export type FollowUp =
  | { readonly is: "owed"; readonly hosts: readonly string[]; readonly because: string }
  /** Not yet: decide again when a launch deployment of the group has ended. */
  | { readonly is: "later"; readonly because: string }
  | { readonly is: "none"; readonly because: string };

/** Decides about the follow-up of a deployment (deployments.md §6.3). */
export function followUp(ended: FollowUpInput): FollowUp {
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
