import type { CreateServiceCommandInput, DeploymentConfiguration, DeploymentControllerType } from "@aws-sdk/client-ecs";
import { clusterOf } from "../clusters.ts";
import type { EcsContext } from "../context.ts";
import { usableDefinition } from "../definitions/find-definition.ts";
import { nameOf } from "../definitions/definition.ts";
import { checkedName, invalid } from "../names.ts";
import { checkedTags } from "../tag-rules.ts";
import { checkAssociated, checkedLaunching } from "./check-launching.ts";
import { withDeployment } from "./rollout.ts";
import { type Launching, type Service, serviceKey } from "./service.ts";
import { newTaskSet } from "./task-set.ts";

/** Tasks of one service: ECS allows 5,000, and a laptop carries some hundreds. */
export const desiredCountMax = 500;

/** A new service, or that which an earlier request with the same client token has made. Throws a Fault when it cannot be. */
export function newService(context: EcsContext, createdBy: string, input: CreateServiceCommandInput): Service {
  const { name: cluster } = clusterOf(context, input.cluster);
  const name = checkedName("Service", input.serviceName);
  const found = context.services.find(serviceKey({ cluster, name }));
  if (found?.status === "ACTIVE" && found.clientToken !== undefined && found.clientToken === input.clientToken)
    return found;
  if (found?.status === "ACTIVE") throw invalid("Creation of service was not idempotent.");
  if (found?.status === "DRAINING") throw invalid("Unable to Start a service that is still Draining.");
  const controller = input.deploymentController?.type ?? "ECS";
  const service: Service = {
    ...settingsOf(context, input, controller),
    cluster,
    name,
    controller,
    roleArn: `arn:aws:iam::${context.accountId}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    createdBy,
    clientToken: input.clientToken,
    loadBalancers: [],
    serviceRegistries: [],
  };
  if (controller === "EXTERNAL") return withoutDefinition(service, input);
  if (input.taskDefinition === undefined) throw invalid("TaskDefinition can not be blank.");
  const definition = usableDefinition(context, input.taskDefinition);
  const launching = checkedLaunching(context, definition, { cluster, input });
  checkAssociated(context, launching.loadBalancers);
  checkGrace(launching, input.healthCheckGracePeriodSeconds);
  const launched: Service = { ...service, ...launching, definition: nameOf(definition) };
  if (controller === "ECS") return withDeployment(context, launched, nameOf(definition));
  if (launching.loadBalancers.length !== 1)
    throw invalid(
      `Services with the CODE_DEPLOY deployment controller need exactly one load balancer, and this one has ${launching.loadBalancers.length}.`,
    );
  const set = newTaskSet(context, { launching, definition: nameOf(definition), status: "PRIMARY", scale: 100 });
  return { ...launched, taskSets: [set] };
}

/** Returns a service whose task sets somebody else makes: they say what it runs. */
function withoutDefinition(service: Service, input: CreateServiceCommandInput): Service {
  for (const member of [
    "taskDefinition",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "launchType",
  ] as const)
    if (input[member] !== undefined)
      throw invalid(
        `${member} cannot be given for services with the EXTERNAL deployment controller: its task sets have it.`,
      );
  return service;
}

function settingsOf(
  context: EcsContext,
  input: CreateServiceCommandInput,
  controller: DeploymentControllerType,
): Omit<Service, keyof Launching | "cluster" | "name" | "controller" | "roleArn" | "createdBy" | "clientToken"> {
  const { schedulingStrategy = "REPLICA", propagateTags = "NONE" } = input;
  if (schedulingStrategy !== "REPLICA") throw invalid("Fargate does not support the DAEMON scheduling strategy.");
  return {
    status: "ACTIVE",
    desiredCount: checkedCount(input.desiredCount ?? (controller === "EXTERNAL" ? 0 : undefined)),
    deploymentConfiguration: checkedConfiguration(input.deploymentConfiguration, controller),
    graceSeconds: input.healthCheckGracePeriodSeconds,
    schedulingStrategy,
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    zoneRebalancing: input.availabilityZoneRebalancing ?? "DISABLED",
    propagateTags,
    hasManagedTags: input.enableECSManagedTags === true,
    allowsCommands: input.enableExecuteCommand === true,
    createdAt: context.clock(),
    taskSets: [],
    events: [],
    tags: checkedTags(input.tags),
  };
}

/** Returns a valid desired count; throws a Fault for others. */
export function checkedCount(desiredCount: number | undefined): number {
  if (desiredCount === undefined)
    throw invalid("Desired count must be specified for services with the REPLICA scheduling strategy.");
  if (!(desiredCount >= 0)) throw invalid("Desired count cannot be less than 0.");
  if (desiredCount > desiredCountMax)
    throw invalid(`Desired count cannot be more than ${desiredCountMax} here, and is ${desiredCount}.`);
  return desiredCount;
}

/** A deployment configuration with what is left out filled in; throws a Fault when it cannot be. */
export function checkedConfiguration(
  given: DeploymentConfiguration = {},
  controller: DeploymentControllerType,
): DeploymentConfiguration {
  const { maximumPercent = 200, minimumHealthyPercent = 100, deploymentCircuitBreaker, alarms, strategy } = given;
  if (!(minimumHealthyPercent >= 0 && minimumHealthyPercent <= 100))
    throw invalid(`minimumHealthyPercent must be between 0 and 100, and is ${minimumHealthyPercent}.`);
  if (!(maximumPercent >= 100 && maximumPercent <= 200))
    throw invalid(`maximumPercent must be between 100 and 200, and is ${maximumPercent}.`);
  if (controller === "ECS" && maximumPercent === 100 && minimumHealthyPercent === 100)
    throw invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.");
  if (strategy !== undefined && strategy !== "ROLLING")
    throw invalid(
      `Deployment strategy ${strategy} is not there in the local cloud: ROLLING is, and what CodeDeploy does.`,
    );
  if (alarms !== undefined && alarms.enable === true)
    throw invalid("Deployment alarms of ECS are not there in the local cloud: those of CodeDeploy are.");
  if (controller !== "ECS" && deploymentCircuitBreaker?.enable === true)
    throw invalid(`The deployment circuit breaker is for the ECS deployment controller, and not for ${controller}.`);
  return { maximumPercent, minimumHealthyPercent, deploymentCircuitBreaker };
}

/** Throws a Fault for a grace period that nothing judges in. */
export function checkGrace({ loadBalancers }: Pick<Launching, "loadBalancers">, seconds: number | undefined): void {
  if (seconds !== undefined && seconds > 0 && loadBalancers.length === 0)
    throw invalid("Health check grace period is only valid for services configured to use load balancers");
}
