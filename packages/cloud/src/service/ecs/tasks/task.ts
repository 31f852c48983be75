import type { Tag, TaskOverride, TaskStopCode } from "@aws-sdk/client-ecs";

/** The states of a task, in the order in which it goes through them. */
export const taskStates = [
  "PROVISIONING",
  "PENDING",
  "ACTIVATING",
  "RUNNING",
  "DEACTIVATING",
  "STOPPING",
  "DEPROVISIONING",
  "STOPPED",
] as const;

/** A state of a task. */
export type TaskState = (typeof taskStates)[number];

/** A task as it is stored. */
export interface Task {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly cluster: string;
  /** `family:revision`. */
  readonly definition: string;
  readonly group: string;
  readonly startedBy?: string | undefined;
  /** The token of the request that asked for it: that request may come again. */
  readonly clientToken?: string | undefined;
  /** The service that it belongs to, and the task set there. */
  readonly service?: string | undefined;
  readonly taskSet?: string | undefined;
  readonly lastStatus: TaskState;
  readonly desiredStatus: "RUNNING" | "STOPPED";
  /** Grows with every change of its state. */
  readonly version: number;
  readonly launchType?: "FARGATE" | undefined;
  readonly capacityProvider?: string | undefined;
  readonly platformVersion: string;
  readonly network: TaskNetwork;
  readonly overrides: TaskOverride;
  readonly targets: readonly TaskTarget[];
  readonly containers: readonly Container[];
  readonly allowsCommands: boolean;
  readonly tags: readonly Tag[];
  /** These are milliseconds since the epoch. */
  readonly createdAt: number;
  readonly connectedAt?: number | undefined;
  readonly pullStartedAt?: number | undefined;
  readonly pullStoppedAt?: number | undefined;
  readonly startedAt?: number | undefined;
  readonly stoppingAt?: number | undefined;
  readonly executionStoppedAt?: number | undefined;
  readonly stoppedAt?: number | undefined;
  readonly stop?: Stop | undefined;
}

/** Why a task was stopped. */
export interface Stop {
  readonly code: TaskStopCode;
  readonly reason: string;
}

/** A task's own network interface. */
export interface TaskNetwork {
  readonly address: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly securityGroups: readonly string[];
  readonly interfaceId: string;
  readonly attachmentId: string;
  readonly mac: string;
}

/** A port of a task's container that is a target of a target group. */
export interface TaskTarget {
  readonly group: string;
  readonly port: number;
  /** What it is registered as, from when it is. */
  readonly at?: { readonly id: string; readonly port: number } | undefined;
}

/** A container of a task. */
export interface Container {
  readonly name: string;
  readonly image: string;
  /** The last part of its ARN. */
  readonly id: string;
  readonly isEssential: boolean;
  /** Whether its definition has a health check. */
  readonly isChecked: boolean;
  readonly imageDigest?: string | undefined;
  readonly runtimeId?: string | undefined;
  readonly lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  readonly health: "UNKNOWN" | "HEALTHY" | "UNHEALTHY";
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
}

/** Whether a task is to go on. */
export const isWanted = ({ desiredStatus }: Task): boolean => desiredStatus === "RUNNING";

/** Whether a task is on its way to run. */
export const isPending = ({ lastStatus }: Task): boolean =>
  lastStatus === "PROVISIONING" || lastStatus === "PENDING" || lastStatus === "ACTIVATING";

/** Returns a task with one of its containers changed. */
export function withContainer(task: Task, name: string, change: Partial<Container>): Task {
  return {
    ...task,
    containers: task.containers.map((container) => (container.name === name ? { ...container, ...change } : container)),
  };
}

/** What the health of a task's essential containers comes to. */
export function healthOf({ containers }: Task): Container["health"] {
  const essential = containers.filter(({ isEssential }) => isEssential).map(({ health }) => health);
  if (essential.includes("UNHEALTHY")) return "UNHEALTHY";
  return essential.length > 0 && essential.every((health) => health === "HEALTHY") ? "HEALTHY" : "UNKNOWN";
}

/** Whether every essential container that is checked has been found healthy. */
export const isHealthy = ({ containers }: Task): boolean =>
  containers.every(({ isEssential, isChecked, health }) => !isEssential || !isChecked || health === "HEALTHY");
