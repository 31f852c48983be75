import type { WatchedAlarms } from "./alarm-reading.ts";
import type { Balancers, Checkpoint, Effect } from "./effect.ts";
import type { EcsPlan } from "./ecs-plan.ts";
import type { FleetMember } from "./fleet.ts";
import type { LambdaPlan } from "./lambda-plan.ts";
import type { DeploymentStatus, ErrorInformation } from "./states.ts";

/** A deployment itself; its targets are beside it. */
export interface Deployment {
  readonly id: string;
  readonly status: DeploymentStatus;
  readonly createTime: number;
  readonly startTime?: number | undefined;
  readonly completeTime?: number | undefined;
  readonly kind: DeploymentKind;
  readonly minimumHealthyHosts: MinimumHealthyHosts;
  /** Set if hosts are taken zone by zone. For `in-place` only, and never for a rollback (deployments.md §4.5 rule 6). */
  readonly zonal?: ZonalConfiguration | undefined;
  /** Only hosts that do not hold the deployment's revision take part (`updateOutdatedInstancesOnly`). */
  readonly outdatedOnly?: boolean | undefined;
  readonly ignoreApplicationStopFailures: boolean;
  /**
   * Alarms that stop the deployment; undefined when none are watched. Rollbacks have none: they go on while the alarm
   * that caused them is still active (§8.1 rule 5).
   */
  readonly alarms?: WatchedAlarms | undefined;
  /** Load balancers that every host leaves and returns to; undefined when traffic is not controlled. */
  readonly balancers?: Balancers | undefined;
  /** Auto Scaling groups among the deployment group's selectors. */
  readonly scalingGroups?: readonly string[] | undefined;
  /** Processes of those groups that are suspended while the deployment runs (`ec2DeploymentOptions`). */
  readonly processesToSuspend?: readonly string[] | undefined;
  /** For `blue-green` only. */
  readonly blueGreen?: BlueGreen | undefined;
  /** For `reroute` only. */
  readonly reroute?: Reroute | undefined;
  /** For `lambda` only. */
  readonly lambda?: LambdaPlan | undefined;
  /** For `ecs` only. */
  readonly ecs?: EcsPlan | undefined;
  /** For `launch` and `termination` only: the lifecycle action that waits for this deployment. */
  readonly lifecycleAction?: LifecycleAction | undefined;
  /** What the service itself has done for the deployment as a whole, or is doing. */
  readonly steps: readonly Step[];
  /** Waits that the deployment has entered. */
  readonly holds: readonly Hold[];
  /** Messages for people: `deploymentStatusMessages`. */
  readonly notes: readonly string[];
  readonly stopRequestedAt?: number | undefined;
  /** Whether the request to stop asked for a rollback; undefined: the configuration decides (deployments.md §8.1). */
  readonly rollbackOnStop?: boolean | undefined;
  /** Why a deployment that has ended is not rolled back, if a rollback was to be expected. */
  readonly rollbackMessage?: string | undefined;
  /**
   * Why the deployment stops without a request to stop. It is remembered, because an alarm may be over before the
   * running hosts are. The deployment ends as Stopped, unless `as` says otherwise.
   */
  readonly stopping?:
    | { readonly at: number; readonly error: ErrorInformation; readonly as?: "Failed" | undefined }
    | undefined;
  /** When the end of a wait was requested (ContinueDeployment, SkipWaitTimeForInstanceTermination). */
  readonly continueRequestedAt?: Readonly<Partial<Record<HoldName, number>>> | undefined;
  /** What of the deployment has been deleted since, in whatever state it is (deployments.md §3.1). */
  readonly missing?: "APPLICATION_MISSING" | "DEPLOYMENT_GROUP_MISSING" | "REVISION_MISSING" | undefined;
  readonly error?: ErrorInformation | undefined;
}

/**
 * The kind of a deployment decides its workflow. `reroute` is the rollback of a blue/green deployment; Auto Scaling
 * asks for `launch` and `termination`; `lambda` shifts an alias, and `ecs` the traffic of a service.
 */
export type DeploymentKind = "in-place" | "blue-green" | "reroute" | "launch" | "termination" | "lambda" | "ecs";

/** Where the replacement fleet comes from, and what becomes of the original one (deployments.md §7.1). */
export interface BlueGreen {
  readonly provisioning: "COPY_AUTO_SCALING_GROUP" | "DISCOVER_EXISTING";
  /** For COPY: the name of the new group. */
  readonly copyName?: string | undefined;
  /** How long to wait for ContinueDeployment before traffic moves, in milliseconds; undefined to go on at once. */
  readonly readyWait?: number | undefined;
  readonly blueInstances: "TERMINATE" | "KEEP_ALIVE";
  /** In milliseconds. */
  readonly terminationWait: number;
}

/** The two fleets of a failed blue/green deployment: hosts that must serve again, and hosts that must not. */
export interface Reroute {
  readonly back: readonly FleetMember[];
  readonly away: readonly FleetMember[];
}

/** A lifecycle action of an Auto Scaling group that waits for a deployment (deployments.md §6.2). */
export interface LifecycleAction {
  readonly scalingGroup: string;
  readonly hook: string;
  readonly instance: string;
  readonly token?: string | undefined;
}

/** One thing that the service itself does for a deployment, through a gateway. */
export interface Step {
  readonly id: string;
  readonly name: StepName;
  readonly effect: Effect;
  readonly status: "InProgress" | "Succeeded" | "Failed";
  readonly startTime: number;
  readonly endTime?: number | undefined;
  /** What the gateway waits for, in words. */
  readonly progress?: string | undefined;
  readonly checkpoint?: Checkpoint | undefined;
  readonly error?: ErrorInformation | undefined;
}

/** The steps of deployments; each happens once, except the heartbeat. */
export type StepName =
  | "check load balancers"
  | "read AppSpec file"
  | "check function"
  | "check service"
  | "delete leftover task sets"
  | "delete original task set"
  | "suspend scaling"
  | "resume scaling"
  | "suspend processes"
  | "resume processes"
  | "copy Auto Scaling group"
  | "move deployment group"
  | "end original instances"
  | "record heartbeat"
  | "complete lifecycle action";

/** A wait of the deployment as a whole. */
export interface Hold {
  readonly name: HoldName;
  readonly from: number;
  readonly until: number;
  readonly endedAt?: number | undefined;
}

/** The waits that ContinueDeployment can end have AWS's names. */
export type HoldName = "READY_WAIT" | "TERMINATION_WAIT" | `monitor ${string}`;

/** How many hosts must stay healthy (deployments.md §4). */
export interface MinimumHealthyHosts {
  readonly type: "HOST_COUNT" | "FLEET_PERCENT" | "MOST_CONCURRENCY";
  readonly value: number;
}

/** One Availability Zone after the other, with time between them for alarms (deployments.md §4.5). In milliseconds. */
export interface ZonalConfiguration {
  readonly minimumHealthyHostsPerZone: MinimumHealthyHosts;
  readonly monitorDuration: number;
  readonly firstZoneMonitorDuration?: number | undefined;
}
