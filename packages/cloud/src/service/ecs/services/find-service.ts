import { Fault } from "@sluice/aws-protocol";
import { clusterOf } from "../clusters.ts";
import type { EcsContext } from "../context.ts";
import { serviceNameOf, taskSetIdOf } from "../names.ts";
import { type Service, serviceKey, type TaskSet } from "./service.ts";

/** How a request names a service. */
export interface NamesService {
  readonly cluster?: string | undefined;
  readonly service?: string | undefined;
}

/** Returns the service that a request names; throws a Fault when there is none. */
export function serviceOf(context: EcsContext, { cluster, service }: NamesService): Service {
  const { name } = clusterOf(context, cluster);
  const found = context.services.find(serviceKey({ cluster: name, name: serviceNameOf(context, service) }));
  if (found === undefined) throw new Fault("ServiceNotFoundException", "Service not found.");
  return found;
}

/** The service that a request names, if it is active; a Fault otherwise. */
export function activeServiceOf(context: EcsContext, named: NamesService): Service {
  const found = serviceOf(context, named);
  if (found.status !== "ACTIVE") throw new Fault("ServiceNotActiveException", "Service was not ACTIVE.");
  return found;
}

/** Returns the task set of a service that an id or an ARN tells; throws a Fault when there is none. */
export function taskSetOf(context: EcsContext, { taskSets }: Service, named: string | undefined): TaskSet {
  const id = taskSetIdOf(context, named);
  const found = taskSets.find((set) => set.id === id);
  if (found === undefined)
    throw new Fault("TaskSetNotFoundException", `The specified task set ${id.slice(0, 300)} could not be found.`);
  return found;
}
