import type { Deployment, Service as DescribedService, TaskSet as DescribedTaskSet } from "@aws-sdk/client-ecs";
import type { EcsContext } from "../context.ts";
import { clusterArn, definitionArn, serviceArn, taskSetArn } from "../names.ts";
import { isPending, isWanted, type Task } from "../tasks/task.ts";
import { latestPlatform } from "../tasks/new-task.ts";
import { type Launching, type Service, type TaskSet, wantedCount } from "./service.ts";

/** Returns a service as AWS describes it. */
export function describeService(context: EcsContext, service: Service, withTags = false): DescribedService {
  const tasks = context.tasks.all().filter((task) => task.service === service.name && task.cluster === service.cluster);
  const { controller, status, definition } = service;
  const isRolling = controller === "ECS";
  const primary = service.taskSets.find((set) => set.status === "PRIMARY");
  // What a service runs its tasks by is what its primary task set does, since somebody else decides upon that.
  const launching: Launching = isRolling ? service : (primary ?? service);
  const named = isRolling ? definition : (primary?.definition ?? definition);
  return {
    serviceArn: serviceArn(context, service),
    serviceName: service.name,
    clusterArn: clusterArn(context, service.cluster),
    status,
    desiredCount: status === "ACTIVE" ? service.desiredCount : 0,
    ...countsOf(tasks),
    ...describeLaunching(launching),
    taskDefinition: named && definitionArn(context, named),
    deploymentConfiguration: service.deploymentConfiguration,
    taskSets: isRolling ? undefined : service.taskSets.map((set) => describeTaskSet(context, service, set)),
    deployments: isRolling ? service.taskSets.map((set) => describeDeployment(context, service, set)) : [],
    roleArn: service.roleArn,
    events: service.events.map(({ id, at, message }) => ({ id, createdAt: new Date(at), message })),
    createdAt: new Date(service.createdAt),
    createdBy: service.createdBy,
    placementConstraints: [...service.placementConstraints],
    placementStrategy: [...service.placementStrategy],
    healthCheckGracePeriodSeconds: service.graceSeconds,
    schedulingStrategy: service.schedulingStrategy,
    deploymentController: { type: controller },
    tags: withTags ? [...service.tags] : [],
    enableECSManagedTags: service.hasManagedTags,
    propagateTags: service.propagateTags,
    enableExecuteCommand: service.allowsCommands,
    availabilityZoneRebalancing: service.zoneRebalancing,
  };
}

/** Returns a task set as AWS describes it. */
export function describeTaskSet(
  context: EcsContext,
  service: Service,
  set: TaskSet,
  withTags = false,
): DescribedTaskSet {
  return {
    id: set.id,
    taskSetArn: taskSetArn(context, service, set.id),
    serviceArn: serviceArn(context, service),
    clusterArn: clusterArn(context, service.cluster),
    startedBy: set.startedBy,
    externalId: set.externalId,
    status: set.status,
    taskDefinition: definitionArn(context, set.definition),
    computedDesiredCount: wantedCount(service, set),
    ...countsOf(tasksOf(context, service, set)),
    createdAt: new Date(set.createdAt),
    updatedAt: new Date(set.updatedAt),
    ...describeLaunching(set),
    scale: { value: set.scale, unit: "PERCENT" },
    stabilityStatus: set.isSteady ? "STEADY_STATE" : "STABILIZING",
    stabilityStatusAt: new Date(set.steadyChangedAt),
    tags: withTags ? [...set.tags] : [],
  };
}

function describeDeployment(context: EcsContext, service: Service, set: TaskSet): Deployment {
  const { loadBalancers: _, serviceRegistries: __, ...launching } = describeLaunching(set);
  return {
    id: set.id,
    status: set.status,
    taskDefinition: definitionArn(context, set.definition),
    desiredCount: set.status === "PRIMARY" ? wantedCount(service, set) : 0,
    ...countsOf(tasksOf(context, service, set)),
    failedTasks: set.failedTasks,
    createdAt: new Date(set.createdAt),
    updatedAt: new Date(set.updatedAt),
    ...launching,
    rolloutState: set.rollout?.state,
    rolloutStateReason: set.rollout?.reason,
  };
}

const tasksOf = ({ tasks }: EcsContext, { cluster, name }: Service, { id }: TaskSet): readonly Task[] =>
  tasks.all().filter((task) => task.taskSet === id && task.service === name && task.cluster === cluster);

const countsOf = (tasks: readonly Task[]) => ({
  runningCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
  pendingCount: tasks.filter((task) => isWanted(task) && isPending(task)).length,
});

function describeLaunching(launching: Launching) {
  const { launchType, capacityProviderStrategy, networkConfiguration, loadBalancers, serviceRegistries } = launching;
  const isFargate = launchType !== "EC2" && networkConfiguration !== undefined;
  const { platformVersion = "LATEST" } = launching;
  return {
    ...(capacityProviderStrategy?.length
      ? { capacityProviderStrategy: [...capacityProviderStrategy] }
      : { launchType }),
    platformVersion: isFargate ? (platformVersion === "LATEST" ? latestPlatform : platformVersion) : undefined,
    platformFamily: isFargate ? "Linux" : undefined,
    networkConfiguration,
    loadBalancers: [...loadBalancers],
    serviceRegistries: [...serviceRegistries],
  };
}
