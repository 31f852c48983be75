import type { Registration } from "./effect.ts";
import type { ErrorInformation, InstanceState } from "./states.ts";

/**
 * The queries that a deployment makes of its fleets: the hosts that the deployment group selects and, in a blue/green
 * deployment, those that replace them. Both are queried again before their traffic moves, because instances come and
 * go while a blue/green deployment waits.
 */
export type FleetQuery = "selected" | "replacement" | "replacementAgain" | "selectedAgain";

/** The result of a fleet query. */
export type Fleet = { readonly found: readonly FleetMember[] } | { readonly error: ErrorInformation };

/** Facts of a host when its fleet was looked up. */
export interface HostFacts {
  readonly image?: string | undefined;
  readonly scalingGroup?: string | undefined;
  readonly instanceType?: string | undefined;
  /** The version of its agent. */
  readonly agent?: string | undefined;
  /** The revision that the last successful deployment brought it, in words. */
  readonly revisionBefore?: string | undefined;
}

/** Results by query; a query that has not been made yet is absent. */
export type Fleets = Readonly<Partial<Record<FleetQuery, Fleet>>>;

/** A host that the deployment group's selectors match, with what the group remembers of it (deployments.md §4.1). */
export interface FleetMember {
  /** Instance id, or the name of an on-premises instance. */
  readonly id: string;
  readonly arn: string;
  readonly hostIdentifier: string;
  readonly state: InstanceState;
  readonly zone?: string | undefined;
  /** Registrations in load balancers that an earlier deployment has removed and not restored. */
  readonly deregistered?: readonly Registration[] | undefined;
  readonly health: "Healthy" | "Unhealthy";
  readonly revision: "Current" | "Old" | "Unknown";
  /** Whether the last successful deployment to the host brought this deployment's revision; used with `outdatedOnly`. */
  readonly holdsRevision?: boolean | undefined;
  /** What else is known of the host. Nothing is decided by it: it explains why some hosts fail and others do not. */
  readonly facts?: HostFacts | undefined;
  /** A random number, drawn when the fleet was queried: it orders hosts of one class. */
  readonly tieBreaker: number;
}
