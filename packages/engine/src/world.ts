import type { AlarmReading } from "./model/alarm-reading.ts";
import type { Deployment } from "./model/deployment.ts";
import type { Fleets } from "./model/fleet.ts";
import type { InstanceState } from "./model/states.ts";
import type { Report, Target } from "./model/target-state.ts";

export type { LifecycleEventName } from "./appspec/index.ts";
export type * from "./model/deployment.ts";
export type * from "./model/fleet.ts";
export type * from "./model/states.ts";
export type * from "./model/target-state.ts";

/**
 * Everything on which a decision may depend: each fact is a member, and so is the time. Times are milliseconds since
 * the epoch.
 */
export interface World {
  readonly now: number;
  /** How many seconds of a deployment's waits pass in one; undefined: one. A local cloud may hurry. */
  readonly timeScale?: number | undefined;
  readonly deployment: Deployment;
  /** In start order once the deployment has begun; empty before. */
  readonly targets: readonly Target[];
  /** Reports of hosts and gateways that no decision has taken into account yet. */
  readonly reports: readonly Report[];
  /** The results of the fleet queries that have been made so far. */
  readonly fleets?: Fleets | undefined;
  /** States of instances in progress, as last seen; an instance that is not listed is assumed to be running. */
  readonly instanceStates: Readonly<Record<string, InstanceState>>;
  /** The last reading of the deployment's alarms, refreshed every 10 to 15 s. Undefined before the first. */
  readonly alarms?: AlarmReading | undefined;
  /**
   * When a host's agent was last seen: the end of its last request, or `now` while one of its polls is held. An agent
   * polls all the time, except while it runs an event. Returns undefined for a host that was never seen.
   */
  readonly lastSeen?: ((host: Host) => number | undefined) | undefined;
  /** The deployment that is shifting the traffic of this deployment's alias now. */
  readonly aliasShiftedBy?: string | undefined;
  /** Other deployments on a host of this one. A function, because few of a thousand hosts are asked for. */
  readonly contention?: ((host: Host) => HostContention | undefined) | undefined;
}

/** A host, as a target, or as one that may become a target. */
export type Host = Pick<Target, "id" | "hostIdentifier">;

/**
 * Another deployment on a host. Only one may run there at a time, with all its events (deployments.md §6.5): a
 * termination deployment first, then the one that started there earlier, then the lower id. The reconciler computes
 * this.
 */
export interface HostContention {
  /** The deployment that has priority, as long as it is on this host. */
  readonly blockedBy?: string | undefined;
  /** When the last deployment that had priority left this host. */
  readonly freeSince?: number | undefined;
}
