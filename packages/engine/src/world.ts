import type { AlarmReading, WatchedAlarms } from "./alarm-reading.ts";
import type { LambdaPlan } from "./lambda-plan.ts";
import type { LifecycleEventName } from "./appspec/index.ts";
import type { Balancers, Checkpoint, Effect } from "./effect.ts";

export type { LifecycleEventName };

/** The vocabulary of deployments. Everything a decision may depend on is a field of `World`, `now` included. Times are milliseconds since the epoch. */
export interface World {
  readonly now: number;
  /** How many seconds of the waits that a deployment was told to make pass in one; absent, one. A local cloud may hurry. */
  readonly timeScale?: number | undefined;
  readonly deployment: Deployment;
  /** In start order once the deployment has begun; empty before. */
  readonly targets: readonly Target[];
  /** What hosts and gateways have reported and no decision has dealt with yet. */
  readonly reports: readonly Report[];
  /** The results of the fleet queries that have been made so far. */
  readonly fleets?: Fleets | undefined;
  /** States of instances under way, as last seen; an instance that is not listed is taken to be running. */
  readonly instanceStates: Readonly<Record<string, InstanceState>>;
  /** The deployment's alarms as last read. Who observes reads those that `Deployment.alarms` names every 10 to 15 s, from the deployment's creation to its end; absent until somebody has. */
  readonly alarms?: AlarmReading | undefined;
  /** When the agent of each host was last heard of, the end of its last request, or `now` while one of its polls is held. Agents poll all the time, but while they run an event; undefined for a host that has never been heard of. Absent: nobody has kept count. */
  readonly lastSeen?: ((host: Host) => number | undefined) | undefined;
  /** The deployment that moves the traffic of this one's alias right now. */
  readonly aliasShiftedBy?: string | undefined;
  /** Other deployments on a host of this one. */
  readonly contention?: ((host: Host) => HostContention | undefined) | undefined;
}

/** A host, as a target or as somebody who may become one. What is asked of few of a thousand is not listed for all of them. */
export type Host = Pick<Target, "id" | "hostIdentifier">;

/** Deployments that share a host take turns, each with all its events (deployments.md §6.5). Who observes says of each host of this deployment's fleet whether another one goes first there: one that has a target InProgress on it and began there earlier (a termination deployment always has; then the earlier first command, then the smaller id). */
export interface HostContention {
  /** The deployment that goes first, as long as it is on this host. */
  readonly blockedBy?: string | undefined;
  /** When the last one that went first had done with this host. */
  readonly freeSince?: number | undefined;
}

/** A deployment itself; its targets are beside it. */
export interface Deployment {
  readonly id: string;
  readonly status: DeploymentStatus;
  readonly createTime: number;
  readonly startTime?: number | undefined;
  readonly completeTime?: number | undefined;
  readonly kind: DeploymentKind;
  readonly minimumHealthyHosts: MinimumHealthyHosts;
  /** Absent: hosts are not taken zone by zone. For `in-place` only; rollbacks never have it (deployments.md §4.5 rule 6). */
  readonly zonal?: ZonalConfiguration | undefined;
  /** Only hosts that do not hold the deployment's revision take part (`updateOutdatedInstancesOnly`). */
  readonly outdatedOnly?: boolean | undefined;
  readonly ignoreApplicationStopFailures: boolean;
  /** Alarms that stop the deployment; absent when none are watched. Rollbacks have none: they go on while the alarm does that caused them (§8.1 rule 5). */
  readonly alarms?: WatchedAlarms | undefined;
  /** Load balancers that every host leaves and returns to; absent when traffic is not controlled. */
  readonly balancers?: Balancers | undefined;
  /** Auto Scaling groups among the deployment group's selectors. */
  readonly scalingGroups?: readonly string[] | undefined;
  /** Processes of those groups that rest while the deployment runs (`ec2DeploymentOptions`). */
  readonly processesToSuspend?: readonly string[] | undefined;
  /** For `blue-green` only. */
  readonly blueGreen?: BlueGreen | undefined;
  /** For `reroute` only: where traffic goes back to, and from where. */
  readonly reroute?: Reroute | undefined;
  /** For `lambda` only. */
  readonly lambda?: LambdaPlan | undefined;
  /** For `launch` and `termination` only: the lifecycle action that waits for this deployment. */
  readonly lifecycleAction?: LifecycleAction | undefined;
  /** What the service itself has done for the deployment as a whole, or is doing. */
  readonly steps: readonly Step[];
  /** Waits that the deployment has entered. */
  readonly holds: readonly Hold[];
  /** What a person should know: `deploymentStatusMessages`. */
  readonly notes: readonly string[];
  readonly stopRequestedAt?: number | undefined;
  /** What the request to stop said of rolling back; absent: the configuration decides (deployments.md §8.1). */
  readonly rollbackOnStop?: boolean | undefined;
  /** Why a deployment that has ended is not rolled back although somebody may expect it. */
  readonly rollbackMessage?: string | undefined;
  /** Why the deployment stops that nobody has asked to stop: the alarm may be over before its hosts are. It ends as Stopped unless it says otherwise. */
  readonly stopping?: { readonly at: number; readonly error: ErrorInformation; readonly as?: "Failed" | undefined };
  /** When somebody asked to end a wait (ContinueDeployment, SkipWaitTimeForInstanceTermination). */
  readonly continueRequestedAt?: Readonly<Partial<Record<HoldName, number>>> | undefined;
  /** Something the deployment was made of has been deleted since, at whatever stage it is (deployments.md §3.1). */
  readonly missing?: "APPLICATION_MISSING" | "DEPLOYMENT_GROUP_MISSING" | "REVISION_MISSING" | undefined;
  readonly error?: ErrorInformation | undefined;
}

/** What kind of workflow a deployment takes: what follows on what. `reroute` is the rollback of a blue/green deployment; `launch` and `termination` are those that Auto Scaling asks for; `lambda` shifts an alias. */
export type DeploymentKind = "in-place" | "blue-green" | "reroute" | "launch" | "termination" | "lambda";

/** How the replacement fleet comes about, and what becomes of the original one (deployments.md §7.1). */
export interface BlueGreen {
  readonly provisioning: "COPY_AUTO_SCALING_GROUP" | "DISCOVER_EXISTING";
  /** For COPY: the name of the group that is made. */
  readonly copyName?: string | undefined;
  /** How long to wait for ContinueDeployment before traffic moves; absent to go on at once. In milliseconds. */
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
  /** What it waits for, as the gateway says. */
  readonly progress?: string | undefined;
  readonly checkpoint?: Checkpoint | undefined;
  readonly error?: ErrorInformation | undefined;
}

/** The steps that deployments know; each happens once, but for the heartbeat. */
export type StepName =
  | "check load balancers"
  | "read AppSpec file"
  | "check function"
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

/** AWS's statuses of a deployment. */
export type DeploymentStatus = "Created" | "Queued" | "InProgress" | "Baking" | "Ready" | Outcome;
/** How a deployment ends. */
export type Outcome = "Succeeded" | "Failed" | "Stopped";
/** AWS's statuses of a target. */
export type TargetStatus = "Pending" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Skipped" | "Unknown";
/** AWS's statuses of a lifecycle event. */
export type EventStatus = "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped" | "Unknown";
/** EC2's states of an instance. */
export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** How many hosts must stay healthy (deployments.md §4). */
export interface MinimumHealthyHosts {
  readonly type: "HOST_COUNT" | "FLEET_PERCENT" | "MOST_CONCURRENCY";
  readonly value: number;
}

/** One Availability Zone after the other, with time between them in which alarms may fire (deployments.md §4.5). Durations in milliseconds. */
export interface ZonalConfiguration {
  readonly minimumHealthyHostsPerZone: MinimumHealthyHosts;
  readonly monitorDuration: number;
  readonly firstZoneMonitorDuration?: number | undefined;
}

/** Why a deployment failed or was stopped, as the API shows it. */
export interface ErrorInformation {
  readonly code: string;
  readonly message: string;
}

/** What a look at the deployment group's selectors gave. */
export type Fleet = { readonly found: readonly FleetMember[] } | { readonly error: ErrorInformation };

/**
 * The queries that a deployment makes of its fleets: the hosts that the deployment group selects and, in a blue/green
 * deployment, those that replace them. Both are asked for again before their traffic moves, because instances come and
 * go while a blue/green deployment waits.
 */
export type FleetQuery = "selected" | "replacement" | "replacementAgain" | "selectedAgain";

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
  /** Registrations in load balancers that an earlier deployment took away and did not give back. */
  readonly deregistered?: Checkpoint["registrations"] | undefined;
  readonly health: "Healthy" | "Unhealthy";
  readonly revision: "Current" | "Old" | "Unknown";
  /** Whether the revision of this deployment is what the host last got with success; wanted where `Deployment.outdatedOnly` is set. */
  readonly holdsRevision?: boolean | undefined;
  /** A random number, drawn when the fleet was observed: it orders hosts of one class. */
  readonly tieBreaker: number;
}

/** One host of a deployment. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly hostIdentifier: string;
  /** Which fleet of a blue/green deployment it belongs to: AWS's labels. */
  readonly label?: "Blue" | "Green" | undefined;
  readonly zone?: string | undefined;
  readonly deregistered?: Checkpoint["registrations"] | undefined;
  readonly status: TargetStatus;
  readonly lastUpdatedAt: number;
  readonly events: readonly LifecycleEvent[];
}

/** One lifecycle event of a target. */
export interface LifecycleEvent {
  readonly name: LifecycleEventName;
  readonly status: EventStatus;
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  readonly diagnostics?: Diagnostics | undefined;
  /** Why it failed, by AWS's code, where a gateway knows. */
  readonly error?: ErrorInformation | undefined;
  /** Why the host did not pick the event up, as far as anybody knows: when its agent was last seen. */
  readonly agentIssue?: string | undefined;
  /** The event could not end because the instance has been terminated. */
  readonly isHostGone?: true | undefined;
  /** Present once the event has been handed to the host. */
  readonly command?: Command | undefined;
}

/** What a host, or a gateway, has been told to do. It is picked up when the host acknowledges it; a gateway does so at once. */
export interface Command {
  readonly id: string;
  readonly issuedAt: number;
  readonly acknowledgedAt?: number | undefined;
  /** Present when the service runs the event itself. */
  readonly effect?: Effect | undefined;
  /** What it waits for, as the gateway says. */
  readonly progress?: string | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

/** What a host says of an event that ended. */
export interface Diagnostics {
  readonly errorCode:
    | "Success"
    | "ScriptMissing"
    | "ScriptNotExecutable"
    | "ScriptTimedOut"
    | "ScriptFailed"
    | "UnknownError";
  readonly scriptName: string;
  readonly message: string;
  readonly logTail: string;
}

/** What a host or a gateway reports to a command or a step. */
export type Report = {
  /** Of the command, or of the step. */
  readonly commandId: string;
  readonly at: number;
} & (
  | { readonly kind: "acknowledged" }
  | { readonly kind: "progress"; readonly because: string; readonly checkpoint?: Checkpoint | undefined }
  | {
      readonly kind: "completed";
      readonly status: "Succeeded" | "Failed";
      readonly diagnostics?: Diagnostics | undefined;
      /** Of a gateway that failed. */
      readonly error?: ErrorInformation | undefined;
      readonly checkpoint?: Checkpoint | undefined;
    }
);
