import { randomUUID } from "node:crypto";
import type {
  CapacityProviderStrategyItem,
  LaunchType,
  NetworkConfiguration,
  Tag,
  TaskOverride,
} from "@aws-sdk/client-ecs";
import { randomHex } from "../../../random.ts";
import type { EcsContext } from "../context.ts";
import { type Definition, nameOf } from "../definitions/definition.ts";
import { invalid } from "../names.ts";
import type { Task, TaskTarget } from "./task.ts";
import { newNetwork } from "./task-network.ts";

/** What a new task is to be. */
export interface TaskWanted {
  readonly cluster: string;
  readonly definition: Definition;
  readonly network: NetworkConfiguration;
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly service?: string | undefined;
  readonly taskSet?: string | undefined;
  readonly capacityProvider?: string | undefined;
  readonly platformVersion?: string | undefined;
  readonly overrides?: TaskOverride | undefined;
  readonly targets?: readonly TaskTarget[] | undefined;
  readonly allowsCommands?: boolean | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** Linux on Fargate: what LATEST stands for. */
export const latestPlatform = "1.4.0";

/** Keeps a new task and has it run. */
export function addTask(context: EcsContext, wanted: TaskWanted): Task {
  const { tasks, clock } = context;
  const { definition, capacityProvider, overrides = {} } = wanted;
  const others = tasks.all().filter(({ lastStatus }) => lastStatus !== "STOPPED");
  const task: Task = {
    id: randomHex(16),
    cluster: wanted.cluster,
    definition: nameOf(definition),
    group: wanted.group,
    startedBy: wanted.startedBy,
    clientToken: wanted.clientToken,
    service: wanted.service,
    taskSet: wanted.taskSet,
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    version: 1,
    launchType: capacityProvider === undefined ? "FARGATE" : undefined,
    capacityProvider,
    platformVersion:
      wanted.platformVersion === undefined || wanted.platformVersion === "LATEST"
        ? latestPlatform
        : wanted.platformVersion,
    network: newNetwork(
      context,
      wanted.network,
      others.map(({ network }) => network),
    ),
    overrides,
    targets: wanted.targets ?? [],
    containers: (definition.asGiven.containerDefinitions ?? []).map(
      ({ name = "", image = "", essential = true, healthCheck }) => ({
        name,
        image,
        id: randomUUID(),
        isEssential: essential,
        isChecked: healthCheck !== undefined && healthCheck.command?.[0] !== "NONE",
        lastStatus: "PENDING",
        health: "UNKNOWN",
      }),
    ),
    allowsCommands: wanted.allowsCommands === true,
    tags: wanted.tags ?? [],
    createdAt: clock(),
  };
  tasks.put(task);
  context.attend(task.id);
  return task;
}

/** How tasks are to be launched, as a request says it. */
export interface LaunchChoice {
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
}

/** What launches tasks of a cluster: Fargate, or its spot capacity; `EC2` where that is wanted, for which there are no instances here. Throws a Fault for what cannot be. */
export function launcherOf(
  context: EcsContext,
  cluster: string,
  { launchType, capacityProviderStrategy = [] }: LaunchChoice,
): { readonly kind: "EC2" | "FARGATE"; readonly provider?: string | undefined } {
  if (launchType !== undefined && capacityProviderStrategy.length > 0)
    throw invalid(
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    );
  const strategy =
    launchType === undefined && capacityProviderStrategy.length === 0
      ? (context.clusters.find(cluster)?.defaultStrategy ?? [])
      : capacityProviderStrategy;
  if (strategy.length > 0) {
    const heaviest =
      strategy.toSorted((one, other) => (other.weight ?? 0) - (one.weight ?? 0))[0]?.capacityProvider ?? "";
    if (heaviest !== "FARGATE" && heaviest !== "FARGATE_SPOT")
      throw invalid("The specified capacity provider was not found. Specify a valid name or ARN and try again.");
    return { kind: "FARGATE", provider: heaviest };
  }
  return { kind: launchType === "FARGATE" ? "FARGATE" : "EC2" };
}

/** A Fault unless Fargate can run a task definition. */
export function checkForFargate({ asGiven }: Definition): void {
  const { requiresCompatibilities = [], cpu, memory } = asGiven;
  const isFit = requiresCompatibilities.includes("FARGATE") || (cpu !== undefined && memory !== undefined);
  if (!isFit) throw invalid("Task definition does not support launch_type FARGATE.");
}
