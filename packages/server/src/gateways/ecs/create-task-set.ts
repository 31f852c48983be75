import type { CreateTaskSetCommandInput, Service, TaskSet } from "@aws-sdk/client-ecs";
import type { Checkpoint, EffectOf, TaskSetState } from "@sluice/engine";
import type { Clients } from "../clients.ts";
import { finished, refused, underWay, type EffectOutcome } from "../outcome.ts";
import { routeTraffic } from "./listeners.ts";
import { describeService, isAlive, taskSetStates } from "./service-state.ts";
import { taskTrouble } from "./task-trouble.ts";

type CreateTaskSet = EffectOf<"create task set">;

/** Creates the replacement task set, unless that has been done, and waits until it is steady (deployments.md §12.2, step 4). */
export async function createTaskSet(
  clients: Clients,
  effect: CreateTaskSet,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  const { service: name, deploymentId, pair, production } = effect;
  const ecs = await clients.ecs();
  const service = await describeService(ecs, name);
  if (service === undefined) return refused("INVALID_ECS_SERVICE", `The service ${name.service} has been deleted`);
  const states = taskSetStates(service);
  const green = states.find(({ externalId }) => externalId === deploymentId);
  const earlier = checkpoint?.taskSets?.find(({ externalId }) => externalId === deploymentId);
  if (earlier !== undefined && (green === undefined || !isAlive(green)))
    return refused("ECS_UPDATE_ERROR", gone(earlier));
  if (green === undefined) {
    // Unlike AWS: tasks are not called steady before the load balancer has found them healthy, whatever the configuration (BEYOND).
    const foreign = await routeTraffic(await clients.loadBalancing(), {
      listener: production,
      pair,
      percent: 0,
      planned: [0],
    });
    if (foreign !== undefined) return foreign;
    const { taskSet: { id = "" } = {} } = await ecs.createTaskSet(inputFor(effect, service));
    return underWay(`the task set ${id} has been created`);
  }
  if (green.isSteady) return finished({ taskSets: states });
  const trouble = green.runningCount < green.desiredCount ? await taskTrouble(clients, service, green) : undefined;
  return underWay(progressOf(green, trouble), changed(checkpoint, states));
}

/** Says that a replacement task set has vanished. */
export const gone = ({ id }: Pick<TaskSetState, "id">): string =>
  `The replacement task set ${id} is gone: somebody has deleted it`;

function progressOf({ id, runningCount, desiredCount }: TaskSetState, trouble: string | undefined): string {
  const counts = `${runningCount} of ${desiredCount} tasks of ${id} run`;
  if (trouble !== undefined) return `${counts}: ${trouble}`;
  return runningCount === desiredCount ? `${counts}, and the load balancer has not found all of them healthy` : counts;
}

/** The states as a checkpoint, where they are news. */
function changed(checkpoint: Checkpoint | undefined, taskSets: readonly TaskSetState[]): Checkpoint | undefined {
  return JSON.stringify(checkpoint?.taskSets) === JSON.stringify(taskSets) ? undefined : { taskSets };
}

/** What the AppSpec file leaves open is as the primary task set has it (deployments.md §12.1). */
function inputFor({ service: name, deploymentId, appSpec, blue, pair }: CreateTaskSet, service: Service) {
  const primary = service.taskSets?.find(({ id }) => id === blue);
  const { taskDefinition, containerName, containerPort, network } = appSpec;
  return {
    cluster: name.cluster,
    service: name.service,
    taskDefinition,
    externalId: deploymentId,
    clientToken: deploymentId,
    scale: { value: 100, unit: "PERCENT" },
    loadBalancers: [{ targetGroupArn: pair.green, containerName, containerPort }],
    serviceRegistries: primary?.serviceRegistries?.length ? primary.serviceRegistries : undefined,
    networkConfiguration:
      network === undefined
        ? primary?.networkConfiguration
        : {
            awsvpcConfiguration: {
              subnets: [...network.subnets],
              securityGroups: [...network.securityGroups],
              assignPublicIp: network.assignPublicIp,
            },
          },
    platformVersion: appSpec.platformVersion ?? (primary?.platformVersion === undefined ? undefined : "LATEST"),
    ...capacityOf(appSpec, primary),
  } satisfies CreateTaskSetCommandInput;
}

function capacityOf(
  { capacityProviders }: CreateTaskSet["appSpec"],
  primary: TaskSet | undefined,
): Pick<CreateTaskSetCommandInput, "launchType" | "capacityProviderStrategy"> {
  if (capacityProviders !== undefined)
    return {
      capacityProviderStrategy: capacityProviders.map(({ name, base, weight }) => ({
        capacityProvider: name,
        base,
        weight,
      })),
    };
  const strategy = primary?.capacityProviderStrategy ?? [];
  return strategy.length > 0 ? { capacityProviderStrategy: strategy } : { launchType: primary?.launchType };
}
