import type { EcsContext } from "../context.ts";
import type { Service, TaskSet } from "./service.ts";
import { newTaskSet } from "./task-set.ts";

/** A service of ECS's own controller with a deployment of a task definition: the sets that there are make room for its tasks. */
export function withDeployment(context: Pick<EcsContext, "clock">, service: Service, definition: string): Service {
  const set = newTaskSet(context, { launching: service, definition, status: "PRIMARY", scale: 100 });
  const begun: TaskSet = {
    ...set,
    rollout: { state: "IN_PROGRESS", reason: `ECS deployment ${set.id} in progress.` },
  };
  return {
    ...service,
    definition,
    taskSets: [begun, ...service.taskSets.map((old): TaskSet => ({ ...old, status: "ACTIVE" }))],
  };
}

/** Whether a deployment that has failed goes back to the one before it. */
export function canRollBack({ deploymentConfiguration, taskSets }: Service): boolean {
  return deploymentConfiguration.deploymentCircuitBreaker?.rollback === true && lastGood(taskSets) !== undefined;
}

/** A service that goes back to what its last completed deployment had. */
export function beginRollback(context: Pick<EcsContext, "clock">, service: Service): Service {
  const good = lastGood(service.taskSets);
  if (good === undefined) return service;
  const rolled = withDeployment(context, { ...service, ...launchingOf(good) }, good.definition);
  const [primary, ...others] = rolled.taskSets;
  if (primary === undefined) return rolled;
  const reason = `ECS deployment circuit breaker: rolling back to ${primary.id}.`;
  return { ...rolled, taskSets: [{ ...primary, rollout: { state: "IN_PROGRESS", reason } }, ...others] };
}

const lastGood = (taskSets: readonly TaskSet[]): TaskSet | undefined =>
  taskSets.find(({ status, rollout }) => status === "ACTIVE" && rollout?.state === "COMPLETED");

const launchingOf = ({ platformVersion, networkConfiguration, loadBalancers, serviceRegistries }: TaskSet) => ({
  platformVersion,
  networkConfiguration,
  loadBalancers,
  serviceRegistries,
});
