import type { UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import type { EcsContext } from "../context.ts";
import { definitionNamed, usableDefinition } from "../definitions/find-definition.ts";
import { nameOf } from "../definitions/definition.ts";
import { invalid } from "../names.ts";
import { checkedLaunching } from "./check-launching.ts";
import { checkedConfiguration, checkedCount, checkGrace } from "./create-service.ts";
import { withDeployment } from "./rollout.ts";
import type { Service } from "./service.ts";

/** Returns a service after a request to change it; throws a Fault when that cannot be. */
export function updatedService(context: EcsContext, service: Service, input: UpdateServiceCommandInput): Service {
  const changed: Service = {
    ...service,
    desiredCount: input.desiredCount === undefined ? service.desiredCount : checkedCount(input.desiredCount),
    deploymentConfiguration: checkedConfiguration(
      { ...service.deploymentConfiguration, ...input.deploymentConfiguration },
      service.controller,
    ),
    graceSeconds: input.healthCheckGracePeriodSeconds ?? service.graceSeconds,
    placementConstraints: input.placementConstraints ?? service.placementConstraints,
    placementStrategy: input.placementStrategy ?? service.placementStrategy,
    zoneRebalancing: input.availabilityZoneRebalancing ?? service.zoneRebalancing,
    hasManagedTags: input.enableECSManagedTags ?? service.hasManagedTags,
    propagateTags: input.propagateTags ?? service.propagateTags,
    allowsCommands: input.enableExecuteCommand ?? service.allowsCommands,
  };
  if (input.deploymentController !== undefined && input.deploymentController.type !== service.controller)
    throw invalid("Unable to update the deployment controller of a service that exists.");
  if (service.controller !== "ECS") {
    refuseForOthers(service, input);
    return changed;
  }
  const { taskDefinition, networkConfiguration, loadBalancers, platformVersion, capacityProviderStrategy } = input;
  const rolls = [taskDefinition, networkConfiguration, loadBalancers, platformVersion, capacityProviderStrategy];
  if (rolls.every((member) => member === undefined) && input.forceNewDeployment !== true) return changed;
  const definition =
    taskDefinition === undefined
      ? definitionNamed(context, service.definition ?? "")
      : usableDefinition(context, taskDefinition);
  const launching = checkedLaunching(context, definition, {
    cluster: service.cluster,
    input: {
      launchType: capacityProviderStrategy === undefined ? service.launchType : undefined,
      capacityProviderStrategy: capacityProviderStrategy ?? service.capacityProviderStrategy,
      platformVersion: platformVersion ?? service.platformVersion,
      networkConfiguration: networkConfiguration ?? service.networkConfiguration,
      loadBalancers: loadBalancers ?? service.loadBalancers,
      serviceRegistries: service.serviceRegistries,
    },
  });
  checkGrace(launching, changed.graceSeconds);
  return withDeployment(context, { ...changed, ...launching }, nameOf(definition));
}

/** What only a deployment may change where somebody else controls those, in AWS's words for CodeDeploy. */
const changedByDeployment = {
  taskDefinition: "task definition",
  networkConfiguration: "network parameters",
  platformVersion: "platform version",
  loadBalancers: "load balancers",
  capacityProviderStrategy: "capacity provider strategy",
  serviceRegistries: "service registries",
} as const;

function refuseForOthers({ controller }: Service, input: UpdateServiceCommandInput): void {
  const how =
    controller === "CODE_DEPLOY" ? "Use AWS CodeDeploy to trigger a new deployment." : "Create a new task set instead.";
  for (const [member, words] of Object.entries(changedByDeployment))
    if (input[member as keyof typeof changedByDeployment] !== undefined)
      throw invalid(
        `Unable to update ${words} on services with ${article(controller)} ${controller} deployment controller. ${how}`,
      );
  if (input.forceNewDeployment === true)
    throw invalid(
      `Cannot force a new deployment on services with ${article(controller)} ${controller} deployment controller. ${how}`,
    );
}

const article = (word: string) => (/^[AEIOU]/.test(word) ? "an" : "a");
