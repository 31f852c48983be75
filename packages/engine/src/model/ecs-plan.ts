import type { EcsAppSpec, EcsHookEvent } from "../appspec/index.ts";
import type { AppSpecObject } from "./lambda-plan.ts";
import type { TrafficRouting } from "../rules/traffic-shift.ts";

/** What a deployment to an ECS service has to do (deployments.md §12). */
export interface EcsPlan {
  /** The revision itself, or where a gateway has to read it first. */
  readonly source: { readonly appSpec: EcsAppSpec } | { readonly object: AppSpecObject };
  readonly service: ServiceName;
  readonly routes: TrafficRoutes;
  readonly routing: TrafficRouting;
  /** By event: the id with which a hook's function reports its result. See `LambdaPlan.hookExecutions`. */
  readonly hookExecutions: Readonly<Record<EcsHookEvent, string>>;
  /** How long to wait for ContinueDeployment before traffic moves, in milliseconds; undefined to go on at once. */
  readonly readyWait?: number | undefined;
  readonly originalTasks: "TERMINATE" | "KEEP_ALIVE";
  /** In milliseconds. */
  readonly terminationWait: number;
  /** Whether task sets that an earlier deployment has left are deleted; otherwise they are a reason to refuse. */
  readonly clearsLeftovers: boolean;
  /** This is a rollback: the service goes back to the task set that it had before, which still runs. */
  readonly restores?: Restoration | undefined;
}

/** A service, and its cluster, by name or ARN as the deployment group has them. */
export interface ServiceName {
  readonly cluster: string;
  readonly service: string;
}

/** Where the traffic of a service comes in. */
export interface TrafficRoutes {
  /** Names of the two target groups; which of them is in use changes with every deployment. */
  readonly targetGroups: readonly string[];
  /** ARNs of listeners. */
  readonly production: string;
  readonly test?: string | undefined;
}

/** Two target groups by ARN: traffic goes from the original one to the replacement. */
export interface TargetGroupPair {
  readonly blue: string;
  readonly green: string;
}

/** What takes a service back to its original task set. */
export interface Restoration {
  /** The deployment that is rolled back; its id is the external id of its task set. */
  readonly deploymentId: string;
  readonly serviceArn: string;
  /** Id of the original task set. */
  readonly blue: string;
  readonly pair: TargetGroupPair;
}

/** What a deployment has suspended of a service's scaling. */
export interface SuspendedScaling {
  /** `service/CLUSTER/SERVICE`. */
  readonly resourceId: string;
  /** Those that were not suspended before; they have AWS's names. */
  readonly activities: readonly (
    | "DynamicScalingInSuspended"
    | "DynamicScalingOutSuspended"
    | "ScheduledScalingSuspended"
  )[];
}

/** A task set as it was last seen. */
export interface TaskSetState {
  readonly id: string;
  readonly status: string;
  readonly desiredCount: number;
  readonly pendingCount: number;
  readonly runningCount: number;
  /** ARN of its target group. */
  readonly targetGroup?: string | undefined;
  readonly externalId?: string | undefined;
  readonly taskDefinition?: string | undefined;
  readonly isSteady: boolean;
}

/** A service and its traffic before a deployment. */
export interface ServiceFacts {
  /** Absent when there is no such service; `isClusterMissing` says whether there is no such cluster either. */
  readonly service?: ServiceState | undefined;
  readonly isClusterMissing?: true | undefined;
  /** ARNs by the names of the route's target groups; one that does not exist is absent. */
  readonly targetGroups: Readonly<Record<string, string>>;
  readonly production?: ListenerState | undefined;
  readonly test?: ListenerState | undefined;
  /** The containers of the new task definition; undefined when the role may not read it. */
  readonly containers?: readonly ContainerPorts[] | undefined;
  readonly isTaskDefinitionMissing?: true | undefined;
  /** Functions that hooks name and that do not exist. */
  readonly missingHooks: readonly string[];
}

/** An ECS service. */
export interface ServiceState {
  readonly arn: string;
  readonly name: string;
  readonly clusterName: string;
  /** `ACTIVE`, `DRAINING` or `INACTIVE`. */
  readonly status: string;
  /** The type of its deployment controller. */
  readonly controller: string;
  readonly taskSets: readonly TaskSetState[];
}

/** A container of a task definition, and the ports that it maps. */
export interface ContainerPorts {
  readonly name: string;
  readonly ports: readonly number[];
}

/** A listener with its default action and its rules. */
export interface ListenerState {
  readonly protocol: string;
  readonly routes: readonly RouteState[];
}

/** One forwarding action of a listener. */
export interface RouteState {
  /** ARN of the rule; undefined for the default action. */
  readonly rule?: string | undefined;
  /** Weights by target group. */
  readonly weights: Readonly<Record<string, number>>;
}
