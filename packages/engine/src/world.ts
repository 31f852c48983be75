/** The vocabulary of deployments. Everything a decision may depend on is a field of `World`, `now` included. Times are milliseconds since the epoch. */
export interface World {
  readonly now: number;
  readonly deployment: Deployment;
  /** In start order once the deployment has begun; empty before. */
  readonly targets: readonly Target[];
  /** What hosts have answered and no decision has dealt with yet. */
  readonly answers: readonly Answer[];
  /** The fleet as the selectors of the deployment group found it; absent until somebody has looked. */
  readonly fleet?: Fleet;
  /** States of instances under way, as last seen; an instance that is not listed is taken to be running. */
  readonly instanceStates: Readonly<Record<string, InstanceState>>;
}

/** A deployment itself; its targets are beside it. */
export interface Deployment {
  readonly id: string;
  readonly status: DeploymentStatus;
  readonly createTime: number;
  readonly startTime?: number;
  readonly completeTime?: number;
  /** Type and option as in `deploymentStyle`; further kinds come beside `in-place.ts`. */
  readonly kind: "in-place";
  readonly minimumHealthyHosts: MinimumHealthyHosts;
  readonly ignoreApplicationStopFailures: boolean;
  readonly stopRequestedAt?: number;
  /** Something the deployment was made of has been deleted since (deployments.md §3.1). */
  readonly missing?: "APPLICATION_MISSING" | "DEPLOYMENT_GROUP_MISSING" | "REVISION_MISSING";
  readonly error?: ErrorInformation;
}

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

/** Why a deployment failed or was stopped, as the API shows it. */
export interface ErrorInformation {
  readonly code: string;
  readonly message: string;
}

/** What a look at the deployment group's selectors gave. */
export type Fleet = { readonly found: readonly FleetMember[] } | { readonly error: ErrorInformation };

/** A host that the deployment group's selectors match, with what the group remembers of it (deployments.md §4.1). */
export interface FleetMember {
  /** Instance id, or the name of an on-premises instance. */
  readonly id: string;
  readonly arn: string;
  readonly hostIdentifier: string;
  readonly state: InstanceState;
  readonly health: "Healthy" | "Unhealthy";
  readonly revision: "Current" | "Old" | "Unknown";
  /** A random number, drawn when the fleet was observed: it orders hosts of one class. */
  readonly lot: number;
}

/** One host of a deployment. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly hostIdentifier: string;
  readonly status: TargetStatus;
  readonly lastUpdatedAt: number;
  readonly events: readonly LifecycleEvent[];
}

/** One lifecycle event of a target. */
export interface LifecycleEvent {
  readonly name: LifecycleEventName;
  readonly status: EventStatus;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly diagnostics?: Diagnostics;
  /** Present once the event has been handed to the host. */
  readonly command?: Command;
}

/** What a host has been told to do. It is picked up when the host acknowledges it. */
export interface Command {
  readonly id: string;
  readonly issuedAt: number;
  readonly acknowledgedAt?: number;
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

/** A host's answer to a command. */
export interface Answer {
  readonly commandId: string;
  readonly targetId: string;
  readonly event: LifecycleEventName;
  readonly at: number;
  readonly kind: "acknowledged" | "completed";
  /** For `completed` only. */
  readonly status?: "Succeeded" | "Failed";
  readonly diagnostics?: Diagnostics;
}

/** The events of deployments to servers. */
export type LifecycleEventName =
  | "BeforeBlockTraffic"
  | "BlockTraffic"
  | "AfterBlockTraffic"
  | "ApplicationStop"
  | "DownloadBundle"
  | "BeforeInstall"
  | "Install"
  | "AfterInstall"
  | "ApplicationStart"
  | "ValidateService"
  | "BeforeAllowTraffic"
  | "AllowTraffic"
  | "AfterAllowTraffic";

/** What happens next, in AWS's words, each with the reason a person may read. */
export type Decision =
  /** Somebody has to look which hosts the deployment group's selectors match; the answer comes back as `World.fleet`. */
  | { readonly do: "look up fleet"; readonly because: string }
  /** Targets and plan are fixed, the deployment is InProgress. */
  | {
      readonly do: "begin";
      readonly targets: readonly FleetMember[];
      readonly events: readonly LifecycleEventName[];
      readonly because: string;
    }
  /** The host is to run an event: the outbox gets a command. */
  | { readonly do: "run"; readonly target: string; readonly event: LifecycleEventName; readonly because: string }
  /** A host has picked its command up. */
  | {
      readonly do: "note start";
      readonly commandId: string;
      readonly target: string;
      readonly event: LifecycleEventName;
      readonly at: number;
      readonly because: string;
    }
  | {
      readonly do: "settle event";
      readonly commandId: string;
      readonly target: string;
      readonly event: LifecycleEventName;
      readonly as: "Succeeded" | "Failed" | "Skipped";
      readonly at: number;
      readonly diagnostics?: Diagnostics;
      readonly because: string;
    }
  | {
      readonly do: "settle target";
      readonly target: string;
      readonly as: "Succeeded" | "Failed" | "Skipped" | "Unknown";
      readonly because: string;
    }
  /** An answer to a command that is over: it changes nothing, and is said. */
  | {
      readonly do: "disregard answer";
      readonly commandId: string;
      readonly kind: "acknowledged" | "completed";
      readonly because: string;
    }
  | { readonly do: "finish"; readonly as: Outcome; readonly error?: ErrorInformation; readonly because: string }
  /** `until` is when the wait ends by itself, if nothing else ends it. */
  | { readonly do: "wait"; readonly for: string; readonly until?: number };
