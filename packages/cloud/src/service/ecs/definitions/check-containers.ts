import type { ContainerDefinition, HealthCheck, Volume } from "@aws-sdk/client-ecs";
import { clientFault } from "../names.ts";

/** Containers of one task: ECS's own limit. */
const containersMax = 10;

/** Whether containers have memory of their own or share a task's. */
interface Surroundings {
  readonly hasTaskMemory: boolean;
  readonly isFargate: boolean;
  readonly volumes: readonly Volume[];
}

/** The containers of a new task definition as AWS tells them, with what is left out filled in; throws a Fault when they cannot be. */
export function checkedContainers(
  given: readonly ContainerDefinition[],
  surroundings: Surroundings,
): readonly ContainerDefinition[] {
  if (given.length === 0) throw clientFault("Container definitions can not be empty.");
  if (given.length > containersMax)
    throw clientFault(`Too many containers: ${given.length}. A task definition has at most ${containersMax}.`);
  const names = given.map(({ name = "" }) => name);
  for (const container of given) checkContainer(container, surroundings);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw clientFault(`Container names must be unique: '${twice}' is there more than once.`);
  if (given.every(({ essential }) => essential === false))
    throw clientFault("Task definition must have at least one essential container.");
  checkDependencies(given);
  return given.map((container) => filledIn(container));
}

function checkContainer(container: ContainerDefinition, { hasTaskMemory, isFargate, volumes }: Surroundings): void {
  const { name = "", image = "", portMappings = [], mountPoints = [] } = container;
  if (name === "") throw clientFault("Container.name should not be null or empty.");
  if (!/^[\w-]{1,255}$/.test(name))
    throw clientFault(
      `Invalid container name '${name.slice(0, 300)}': up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores are allowed.`,
    );
  if (image === "") throw clientFault("Container.image should not be null or empty.");
  if (!hasTaskMemory && container.memory === undefined && container.memoryReservation === undefined)
    throw clientFault(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  for (const { containerPort, hostPort } of portMappings) {
    if (containerPort === undefined || !(containerPort >= 1 && containerPort <= 65_535))
      throw clientFault(`Invalid container port ${containerPort} of container '${name}': 1 to 65535 is wanted.`);
    if (hostPort !== undefined && hostPort !== containerPort && hostPort !== 0)
      throw clientFault("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
  }
  for (const { sourceVolume, containerPath } of mountPoints) {
    if (!volumes.some((volume) => volume.name === sourceVolume)) throw clientFault(`Unknown volume '${sourceVolume}'.`);
    if (containerPath?.startsWith("/") !== true)
      throw clientFault(
        `A mount point of container '${name}' needs an absolute containerPath, not '${containerPath}'.`,
      );
  }
  if ((container.links ?? []).length > 0) throw clientFault("Links are not supported when networkMode=awsvpc.");
  if (isFargate) checkForFargate(container);
  checkHealthCheck(name, container.healthCheck);
  checkLogging(container);
}

/** What Fargate has not; longest time that it waits for a container to stop, in seconds. */
const notOnFargate = [
  "disableNetworking",
  "dnsServers",
  "dnsSearchDomains",
  "dockerSecurityOptions",
  "extraHosts",
] as const;
const stopTimeoutMax = 120;

function checkForFargate(container: ContainerDefinition): void {
  if (container.privileged === true)
    throw clientFault("Fargate compatible task definitions do not support privileged.");
  for (const member of notOnFargate) {
    const value = container[member];
    if (value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
      throw clientFault(`Fargate compatible task definitions do not support ${member}.`);
  }
  const { stopTimeout } = container;
  if (stopTimeout !== undefined && !(stopTimeout >= 2 && stopTimeout <= stopTimeoutMax))
    throw clientFault(`Invalid stopTimeout ${stopTimeout}: 2 to ${stopTimeoutMax} seconds are wanted.`);
}

/** Seconds, or times: what is taken where nothing is said, and what may be said. */
const healthCheckLimits = {
  interval: [30, 5, 300],
  timeout: [5, 2, 60],
  retries: [3, 1, 10],
  startPeriod: [0, 0, 300],
} as const;

function checkHealthCheck(name: string, check: HealthCheck | undefined): void {
  if (check === undefined) return;
  const [kind] = check.command ?? [];
  if (kind !== "CMD" && kind !== "CMD-SHELL" && kind !== "NONE")
    throw clientFault(
      `Invalid health check of container '${name}': its command must begin with CMD, CMD-SHELL or NONE, not with '${kind}'.`,
    );
  for (const member of ["interval", "timeout", "retries", "startPeriod"] as const) {
    const [, from, to] = healthCheckLimits[member];
    const value = check[member];
    if (value !== undefined && !(value >= from && value <= to))
      throw clientFault(
        `Invalid ${member} ${value} in the health check of container '${name}': ${from} to ${to} is wanted.`,
      );
  }
}

/** Where output may go: what the local cloud has. */
function checkLogging({ name, logConfiguration, firelensConfiguration }: ContainerDefinition): void {
  if (firelensConfiguration !== undefined)
    throw clientFault(`Container '${name}' wants FireLens, which the local cloud does not have: awslogs is there.`);
  if (logConfiguration === undefined) return;
  const { logDriver, options = {} } = logConfiguration;
  if (logDriver !== "awslogs")
    throw clientFault(`Log driver ${logDriver} of container '${name}' is not there in the local cloud: awslogs is.`);
  const missing = ["awslogs-region", "awslogs-group"].filter((option) => options[option] === undefined);
  if (missing.length > 0) throw clientFault(`Log driver awslogs requires options: ${missing.join(", ")}.`);
}

function checkDependencies(containers: readonly ContainerDefinition[]): void {
  const byName = new Map(containers.map((container) => [container.name ?? "", container]));
  for (const { name = "", dependsOn = [] } of containers)
    for (const { containerName = "", condition } of dependsOn) {
      const other = byName.get(containerName);
      if (other === undefined)
        throw clientFault(
          `Container '${name}' depends on '${containerName}', which the task definition does not have.`,
        );
      if (condition === "HEALTHY" && other.healthCheck === undefined)
        throw clientFault(
          `Container '${name}' waits until '${containerName}' is healthy, and that has no health check.`,
        );
      if ((condition === "COMPLETE" || condition === "SUCCESS") && other.essential !== false)
        throw clientFault(
          `Container '${name}' waits for the end of '${containerName}', which is essential: its end would end the task.`,
        );
    }
  const visit = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name))
      throw clientFault(`Containers depend on each other in a circle: ${[...trail, name].join(", ")}.`);
    for (const { containerName = "" } of byName.get(name)?.dependsOn ?? []) visit(containerName, [...trail, name]);
  };
  for (const name of byName.keys()) visit(name, []);
}

function filledIn(container: ContainerDefinition): ContainerDefinition {
  const { healthCheck, portMappings = [] } = container;
  const [interval, timeout, retries] = [
    healthCheckLimits.interval[0],
    healthCheckLimits.timeout[0],
    healthCheckLimits.retries[0],
  ];
  return {
    cpu: 0,
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
    portMappings: portMappings.map((mapping) => ({
      ...mapping,
      hostPort: mapping.containerPort,
      protocol: mapping.protocol ?? "tcp",
    })),
    healthCheck: healthCheck && { interval, timeout, retries, ...healthCheck },
  };
}
