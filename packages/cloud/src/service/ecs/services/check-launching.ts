import type { LoadBalancer } from "@aws-sdk/client-ecs";
import type { EcsContext } from "../context.ts";
import type { Definition } from "../definitions/definition.ts";
import { invalid } from "../names.ts";
import { checkForFargate, launcherOf } from "../tasks/new-task.ts";
import { checkedNetwork } from "../tasks/task-network.ts";
import type { Launching } from "./service.ts";

/** What a request says of how tasks are launched: the names are those of CreateService and CreateTaskSet. */
export type LaunchingInput = {
  readonly [Member in keyof Launching]?: Launching[Member] | undefined;
};

/** Target groups of one service: ECS's own limit. */
const loadBalancersMax = 5;

/** How tasks of a definition are to be launched; throws a Fault when they cannot be. */
export function checkedLaunching(
  context: EcsContext,
  definition: Definition,
  { cluster, input }: { readonly cluster: string; readonly input: LaunchingInput },
): Launching {
  const { loadBalancers = [], serviceRegistries = [], platformVersion, capacityProviderStrategy } = input;
  const { kind } = launcherOf(context, cluster, input);
  if (kind === "FARGATE") checkForFargate(definition);
  const networkConfiguration = checkedNetwork(context, input.networkConfiguration);
  if (serviceRegistries.length > 0)
    throw invalid("Service discovery is not there in the local cloud: leave serviceRegistries out.");
  if (platformVersion !== undefined && !/^(LATEST|1\.[34]\.0)$/.test(platformVersion))
    throw invalid(
      `The specified platform version ${platformVersion} does not exist: LATEST, 1.4.0 or 1.3.0 is wanted.`,
    );
  checkLoadBalancers(context, definition, loadBalancers);
  const hasStrategy = (capacityProviderStrategy ?? []).length > 0;
  return {
    launchType: hasStrategy ? undefined : kind,
    capacityProviderStrategy,
    platformVersion,
    networkConfiguration,
    loadBalancers,
    serviceRegistries,
  };
}

/** Throws a Fault unless load balancers can send requests to containers of a definition. */
export function checkLoadBalancers(
  { targetGroups }: Pick<EcsContext, "targetGroups">,
  { asGiven }: Definition,
  loadBalancers: readonly LoadBalancer[],
): void {
  if (loadBalancers.length > loadBalancersMax)
    throw invalid(`load balancers can have at most ${loadBalancersMax} items.`);
  for (const { targetGroupArn, loadBalancerName, containerName = "", containerPort } of loadBalancers) {
    if (targetGroupArn === undefined)
      throw invalid(
        loadBalancerName === undefined
          ? "targetGroupArn must be specified."
          : "Classic Load Balancers cannot be used where networkMode is awsvpc: a target group is wanted.",
      );
    const container = (asGiven.containerDefinitions ?? []).find(({ name }) => name === containerName);
    if (container === undefined) throw invalid(`The container ${containerName} does not exist in the task definition.`);
    if (!(container.portMappings ?? []).some((mapping) => mapping.containerPort === containerPort))
      throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`);
    const group = targetGroups.find(targetGroupArn);
    if (group === undefined) throw invalid(`The target group ${targetGroupArn} does not exist.`);
    if (group.targetType !== "ip")
      throw invalid(
        `The provided target group ${targetGroupArn} has target type ${group.targetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
      );
  }
}

/** Throws a Fault unless listeners send requests to all of these target groups, as ECS wants it of a service's first ones. */
export function checkAssociated(
  { targetGroups }: Pick<EcsContext, "targetGroups">,
  loadBalancers: readonly LoadBalancer[],
): void {
  for (const { targetGroupArn = "" } of loadBalancers)
    if (!targetGroups.isUsed(targetGroupArn))
      throw invalid(
        `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
      );
}
