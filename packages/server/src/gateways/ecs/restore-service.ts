import type { ECS } from "@aws-sdk/client-ecs";
import type { EffectOf, ServiceName } from "@sluice/engine";
import type { Clients } from "../clients.ts";
import { finished, isNamed, refused, underWay, type EffectOutcome } from "../outcome.ts";
import { routeTraffic } from "./listeners.ts";
import { describeService, isAlive, makePrimary, taskSetStates } from "./service-state.ts";

/**
 * Takes a service back to its original task set: all traffic first, then the replacement is deleted, whose end is not
 * waited for (deployments.md §12.4). Whatever the listeners are on now, the pair's traffic goes back.
 */
export async function restoreService(
  clients: Clients,
  { service: name, routes, restores }: EffectOf<"restore service">,
): Promise<EffectOutcome> {
  const ecs = await clients.ecs();
  const elb = await clients.loadBalancing();
  const described = (await describeService(ecs, name)) ?? {};
  const before = taskSetStates(described);
  const blue = before.find(({ id }) => id === restores.blue);
  if (blue === undefined || !isAlive(blue))
    return refused(
      "ECS_UPDATE_ERROR",
      `The original task set ${restores.blue} is gone: its tasks cannot get the traffic back`,
    );
  for (const listener of [routes.production, routes.test]) {
    if (listener === undefined) continue;
    const trouble = await routeTraffic(elb, { listener, pair: restores.pair, percent: 0 });
    if (trouble !== undefined) return trouble;
  }
  if (blue.status !== "PRIMARY") await makePrimary(ecs, name, { ...described, id: blue.id });
  const green = before.find(({ externalId }) => externalId === restores.deploymentId);
  if (green !== undefined && isAlive(green)) await deleteTaskSet(ecs, name, green.id);
  const taskSets = taskSetStates((await describeService(ecs, name)) ?? {});
  return finished({ taskSets, shifted: { percent: 0 } });
}

/** Deletes task sets, and waits until the service does not have them any more. */
export async function deleteTaskSets(
  clients: Clients,
  { service: name, ids }: EffectOf<"delete task sets">,
): Promise<EffectOutcome> {
  const ecs = await clients.ecs();
  const taskSets = taskSetStates((await describeService(ecs, name)) ?? {});
  const left = taskSets.filter(({ id }) => ids.includes(id));
  for (const set of left) if (isAlive(set)) await deleteTaskSet(ecs, name, set.id);
  if (left.length === 0) return finished({ taskSets });
  return underWay(`the tasks of ${left.map(({ id }) => id).join(" and ")} end`);
}

async function deleteTaskSet(ecs: ECS, { cluster, service }: ServiceName, taskSet: string): Promise<void> {
  try {
    await ecs.deleteTaskSet({ cluster, service, taskSet, force: true });
  } catch (error) {
    if (!isNamed(error, "TaskSetNotFoundException")) throw error;
  }
}
