import type { ECS, Service } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ContainerPorts, EffectOf, ListenerState, ServiceFacts, ServiceState } from "@sluice/engine";
import { missingFunctions } from "../check-function.ts";
import type { Clients } from "../clients.ts";
import { finished, isDenied, isNamed, type EffectOutcome } from "../outcome.ts";
import { readListener } from "./listeners.ts";
import { describeService, taskSetStates } from "./service-state.ts";

type CheckService = EffectOf<"check service">;

/** Reads a service, its target groups and its listeners; the task definition and the hooks, where the role may. */
export async function checkService(clients: Clients, effect: CheckService): Promise<EffectOutcome> {
  const ecs = await clients.ecs();
  const elb = await clients.loadBalancing();
  const { routes } = effect;
  const facts: ServiceFacts = {
    ...(await findService(ecs, effect)),
    targetGroups: await findTargetGroups(elb, routes.targetGroups),
    production: await findListener(elb, routes.production),
    test: await findListener(elb, routes.test),
    ...(await findContainers(ecs, effect.taskDefinition)),
    missingHooks: effect.hooks.length === 0 ? [] : await missingFunctions(await clients.lambda(), effect.hooks),
  };
  return finished({ serviceFacts: facts });
}

async function findService(
  ecs: ECS,
  { service }: CheckService,
): Promise<Pick<ServiceFacts, "service" | "isClusterMissing">> {
  try {
    const found = await describeService(ecs, service);
    return { service: found && stateOf(found) };
  } catch (error) {
    if (isNamed(error, "ClusterNotFoundException")) return { isClusterMissing: true };
    throw error;
  }
}

const stateOf = (service: Service): ServiceState => ({
  arn: service.serviceArn ?? "",
  name: service.serviceName ?? "",
  clusterName: service.clusterArn?.split("/").at(-1) ?? "",
  status: service.status ?? "",
  // A service that says nothing is one of ECS's own.
  controller: service.deploymentController?.type ?? "ECS",
  taskSets: taskSetStates(service),
});

async function findTargetGroups(
  elb: ElasticLoadBalancingV2,
  names: readonly string[],
): Promise<ServiceFacts["targetGroups"]> {
  const found: [name: string, arn: string][] = [];
  // One by one: a list with an unknown name in it is refused whole.
  for (const name of names)
    try {
      const { TargetGroups: [group] = [] } = await elb.describeTargetGroups({ Names: [name] });
      if (group?.TargetGroupArn !== undefined) found.push([name, group.TargetGroupArn]);
    } catch (error) {
      if (!isNamed(error, "TargetGroupNotFoundException")) throw error;
    }
  return Object.fromEntries(found);
}

async function findListener(elb: ElasticLoadBalancingV2, arn: string | undefined): Promise<ListenerState | undefined> {
  const found = arn === undefined ? undefined : await readListener(elb, arn);
  return found && { protocol: found.protocol, routes: found.routes.map(({ rule, weights }) => ({ rule, weights })) };
}

/** AWS's own policy for CodeDeploy and ECS does not allow to read task definitions: a deployment must do without. */
async function findContainers(
  ecs: ECS,
  named: string,
): Promise<Pick<ServiceFacts, "containers" | "isTaskDefinitionMissing">> {
  try {
    const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: named });
    if (taskDefinition?.status === "INACTIVE") return { isTaskDefinitionMissing: true };
    const containers = (taskDefinition?.containerDefinitions ?? []).map(
      ({ name = "", portMappings = [] }): ContainerPorts => ({
        name,
        ports: portMappings.flatMap(({ containerPort }) => containerPort ?? []),
      }),
    );
    return { containers };
  } catch (error) {
    if (isDenied(error)) return {};
    if (isNamed(error, "ClientException")) return { isTaskDefinitionMissing: true };
    throw error;
  }
}
