import type {
  AvailabilityZoneRebalancing,
  CapacityProviderStrategyItem,
  DeploymentConfiguration,
  DeploymentControllerType,
  DeploymentRolloutState,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  PlacementConstraint,
  PlacementStrategy,
  PropagateTags,
  SchedulingStrategy,
  ServiceRegistry,
  Tag,
} from "@aws-sdk/client-ecs";

/** How the tasks of a service or one of its task sets are run. */
export interface Launching {
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
}

/** A service as it is stored. */
export interface Service extends Launching {
  readonly cluster: string;
  readonly name: string;
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE";
  readonly controller: DeploymentControllerType;
  /** `family:revision`; a service whose deployments somebody else controls may have none. */
  readonly definition?: string | undefined;
  readonly desiredCount: number;
  readonly deploymentConfiguration: DeploymentConfiguration;
  readonly graceSeconds?: number | undefined;
  readonly schedulingStrategy: SchedulingStrategy;
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategy[];
  readonly zoneRebalancing: AvailabilityZoneRebalancing;
  readonly propagateTags: PropagateTags;
  readonly hasManagedTags: boolean;
  readonly allowsCommands: boolean;
  readonly roleArn: string;
  readonly createdBy?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Its task sets; where ECS itself controls deployments, these are its deployments. The newest comes first. */
  readonly taskSets: readonly TaskSet[];
  /** The newest first. */
  readonly events: readonly ServiceEvent[];
  readonly clientToken?: string | undefined;
  /** The task sets that requests with a token have made, by the token. */
  readonly setTokens?: Readonly<Record<string, string>> | undefined;
  readonly tags: readonly Tag[];
}

/** Tasks of a service that were made from one task definition. */
export interface TaskSet extends Launching {
  /** `ecs-svc/` and a number. */
  readonly id: string;
  readonly externalId?: string | undefined;
  readonly startedBy?: string | undefined;
  readonly status: "PRIMARY" | "ACTIVE" | "DRAINING";
  readonly definition: string;
  /** Percent of the service's desired count. */
  readonly scale: number;
  readonly isSteady: boolean;
  /** These are milliseconds since the epoch. */
  readonly steadyChangedAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Tasks that have failed one after the other. */
  readonly failedTasks: number;
  /** After failures: when to try again. */
  readonly launchAgainAt?: number | undefined;
  /** How a deployment that ECS controls goes on, and why. */
  readonly rollout?: { readonly state: DeploymentRolloutState; readonly reason: string } | undefined;
  readonly tags: readonly Tag[];
}

/** What a service tells of itself. */
export interface ServiceEvent {
  readonly id: string;
  readonly at: number;
  readonly message: string;
}

/** What names a service everywhere in ECS. */
export const serviceKey = ({ cluster, name }: { readonly cluster: string; readonly name: string }): string =>
  `${cluster}/${name}`;

/** How many tasks a task set is to have: rounded up, as ECS does. */
export function wantedCount({ desiredCount, status }: Service, set: Pick<TaskSet, "scale" | "status">): number {
  return status !== "ACTIVE" || set.status === "DRAINING" ? 0 : Math.ceil((desiredCount * set.scale) / 100);
}

/** Returns a service with one of its task sets changed. */
export function withTaskSet(service: Service, id: string, change: Partial<TaskSet>): Service {
  return { ...service, taskSets: service.taskSets.map((set) => (set.id === id ? { ...set, ...change } : set)) };
}
