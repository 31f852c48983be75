import type { EcsAppSpec } from "../appspec/index.ts";
import type {
  ContainerPorts,
  ListenerState,
  ServiceName,
  ServiceState,
  TargetGroupPair,
  TaskSetState,
} from "../model/ecs-plan.ts";
import { routeInWords, routesOf, targetGroupName } from "../rules/route-weights.ts";
import { eventLimit } from "../rules/time-limits.ts";
import type { ErrorInformation, Target } from "../world.ts";

// What ends a deployment to an ECS service. AWS's texts are known for few of these (deployments.md §12).
const information = (code: string, message: string): ErrorInformation => ({ code, message });

const invalidService = (reason: string) =>
  information("INVALID_ECS_SERVICE", `The deployment failed because its ECS service cannot be deployed to: ${reason}`);

const invalidTraffic = (reason: string) =>
  information("ELASTIC_LOAD_BALANCING_INVALID", `The deployment failed because traffic cannot be moved: ${reason}`);

const invalidRevision = (reason: string) =>
  information(
    "INVALID_REVISION",
    `The deployment failed because the AppSpec file that specifies the deployment configuration is missing or has an invalid configuration: ${reason}`,
  );

/** There is no such cluster. */
export const clusterMissing = ({ cluster }: ServiceName): ErrorInformation =>
  invalidService(`there is no cluster "${cluster}"`);

/** There is no such service in the cluster. */
export const serviceMissing = ({ cluster, service }: ServiceName): ErrorInformation =>
  invalidService(`the cluster "${cluster}" has no service "${service}"`);

/** The service is being deleted. */
export const serviceNotActive = ({ name, status }: ServiceState): ErrorInformation =>
  invalidService(`the service "${name}" is ${status}, and not ACTIVE`);

/** ECS itself, or somebody else, decides upon the service's tasks. */
export const otherController = ({ name, controller }: ServiceState): ErrorInformation =>
  invalidService(
    `the deployment controller of "${name}" is ${controller}, and CODE_DEPLOY is wanted: it is chosen when a service is created`,
  );

/** Nothing serves yet. */
export const noPrimary = ({ name }: ServiceState): ErrorInformation =>
  invalidService(`the service "${name}" has no primary task set`);

/** Target groups of the deployment group that do not exist. */
export const targetGroupsMissing = (names: readonly string[]): ErrorInformation =>
  invalidTraffic(`there is no target group ${names.map((name) => `"${name}"`).join(" and no ")}`);

/** The tasks serve from a target group that the deployment group does not name. */
export const servesFrom = ({ targetGroup = "" }: TaskSetState, names: readonly string[]): ErrorInformation =>
  invalidTraffic(
    `the primary task set is in the target group ${targetGroup === "" ? "of no load balancer" : targetGroupName(targetGroup)}, and the deployment group has ${names.join(" and ")}`,
  );

/** A listener of the deployment group that does not exist. */
export const listenerMissing = (arn: string): ErrorInformation => invalidTraffic(`there is no listener ${arn}`);

/** Traffic of this listener cannot be divided. */
export const notDivisible = (arn: string, { protocol }: ListenerState): ErrorInformation =>
  invalidTraffic(
    `the listener ${arn} is of a Network Load Balancer (${protocol}), whose traffic moves all at once: use CodeDeployDefault.ECSAllAtOnce`,
  );

/** The listener leads somewhere else than to the tasks that serve. */
export function forwardsElsewhere(arn: string, listener: ListenerState, pair: TargetGroupPair): ErrorInformation {
  const relevant = routesOf(listener, pair);
  const found = (relevant.length > 0 ? relevant : listener.routes).map(routeInWords).join(", ");
  return invalidTraffic(
    `primary taskset target group must be behind listener ${arn}, with all of its traffic: ${found === "" ? "it forwards to no target group" : found}, and the primary task set is in ${targetGroupName(pair.blue)}`,
  );
}

/** An earlier deployment has left task sets beside the primary one. */
export function leftovers({ name, clusterName }: ServiceState, sets: readonly TaskSetState[]): ErrorInformation {
  const ids = sets.map(({ id }) => id);
  const commands = ids.map(
    (id) => `aws ecs delete-task-set --force --cluster ${clusterName} --service ${name} --task-set ${id}`,
  );
  return invalidService(
    `the service "${name}" still has the task ${ids.length === 1 ? "set" : "sets"} ${ids.join(" and ")} of an earlier deployment. Delete it with: ${commands.join(" ; ")} ; or tag the deployment group sluice:leftover-task-set=delete`,
  );
}

/** There is no such task definition. */
export const taskDefinitionMissing = (arn: string): ErrorInformation =>
  invalidRevision(`there is no task definition ${arn}`);

/** The container that gets the traffic is not in the task definition. */
export const containerMissing = (
  { containerName, taskDefinition }: EcsAppSpec,
  containers: readonly ContainerPorts[],
): ErrorInformation =>
  invalidRevision(
    `${taskDefinition} has no container "${containerName}": it has ${containers.map(({ name }) => name).join(", ")}`,
  );

/** The container does not map the port that gets the traffic. */
export const portMissing = (
  { containerName, containerPort, taskDefinition }: EcsAppSpec,
  { ports }: ContainerPorts,
): ErrorInformation =>
  invalidRevision(
    `the container "${containerName}" of ${taskDefinition} does not map the port ${containerPort}: it maps ${ports.length === 0 ? "none" : ports.join(", ")}`,
  );

/** The service's target has failed. */
export function serviceFailed({ events }: Target): ErrorInformation {
  const event = events.find(({ status }) => status === "Failed");
  const { name = "AllowTraffic", diagnostics, error, startTime = 0, endTime = 0 } = event ?? {};
  const why = diagnostics?.message ?? "it reported Failed";
  const isLate = endTime - startTime >= eventLimit;
  const known = error?.code === "INTERNAL_ERROR" ? undefined : error?.code;
  const code = known ?? (isOfService(name) ? "ECS_UPDATE_ERROR" : "HOOK_EXECUTION_FAILURE");
  return information(
    isLate ? "TIMEOUT" : code,
    `The deployment failed because the lifecycle event ${name} failed: ${why}`,
  );
}

const isOfService = (name: string) => name === "Install" || name === "AllowTestTraffic" || name === "AllowTraffic";
