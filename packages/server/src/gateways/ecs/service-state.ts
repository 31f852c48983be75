import type { ECS, Service, TaskSet } from "@aws-sdk/client-ecs";
import type { ServiceName, TaskSetState } from "@sluice/engine";

/** Describes a service; undefined when the cluster has none of this name. Throws if there is no such cluster. */
export async function describeService(ecs: ECS, { cluster, service }: ServiceName): Promise<Service | undefined> {
  const { services = [] } = await ecs.describeServices({ cluster, services: [service] });
  return services[0];
}

/** Returns the task sets of a service. */
export const taskSetStates = ({ taskSets = [] }: Pick<Service, "taskSets">): readonly TaskSetState[] =>
  taskSets.map(stateOfTaskSet);

/** Makes a task set of a service, as it was described, the primary one. It is named by its ARN, which everything that speaks as ECS understands. */
export async function makePrimary(
  ecs: ECS,
  { cluster, service }: ServiceName,
  { taskSets = [], id }: Pick<Service, "taskSets"> & { readonly id: string },
): Promise<void> {
  const primaryTaskSet = taskSets.find((set) => set.id === id)?.taskSetArn ?? id;
  await ecs.updateServicePrimaryTaskSet({ cluster, service, primaryTaskSet });
}

const stateOfTaskSet = (set: TaskSet): TaskSetState => ({
  id: set.id ?? "",
  status: set.status ?? "",
  desiredCount: set.computedDesiredCount ?? 0,
  pendingCount: set.pendingCount ?? 0,
  runningCount: set.runningCount ?? 0,
  targetGroup: set.loadBalancers?.[0]?.targetGroupArn,
  externalId: set.externalId,
  taskDefinition: set.taskDefinition,
  isSteady: set.stabilityStatus === "STEADY_STATE",
});

/** Whether a task set's tasks serve, or are to: one that is being deleted does not come back. */
export const isAlive = ({ status }: TaskSetState): boolean => status !== "DRAINING";
