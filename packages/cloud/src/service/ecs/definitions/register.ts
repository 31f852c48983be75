import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from "@aws-sdk/client-ecs";
import { type Call, Fault, mayDoEverything } from "@sluice/aws-protocol";
import { isLocalReference } from "../../../images/index.ts";
import type { EcsContext } from "../context.ts";
import { clientFault } from "../names.ts";
import { checkedTags } from "../tag-rules.ts";
import { checkedContainers } from "./check-containers.ts";
import type { Definition } from "./definition.ts";
import { fargateSize } from "./fargate-sizes.ts";

/** Makes the next revision of a family; throws a Fault when it cannot be. */
export function newDefinition(context: EcsContext, call: Call, input: RegisterTaskDefinitionCommandInput): Definition {
  const family = input.family ?? "";
  if (!/^[\w-]{1,255}$/.test(family))
    throw clientFault(
      `Invalid family '${family.slice(0, 300)}': up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed.`,
    );
  const asGiven = definitionAsGiven(input);
  checkFolders(asGiven, call);
  const revisions = context.definitions.all().filter((definition) => definition.family === family);
  return {
    family,
    revision: Math.max(0, ...revisions.map(({ revision }) => revision)) + 1,
    status: "ACTIVE",
    asGiven: { ...asGiven, registeredBy: call.principal.arn },
    registeredAt: context.clock(),
    tags: checkedTags(input.tags),
  };
}

function definitionAsGiven(input: RegisterTaskDefinitionCommandInput): Definition["asGiven"] {
  const { requiresCompatibilities = [], volumes = [], containerDefinitions = [] } = input;
  const isFargate = requiresCompatibilities.includes("FARGATE");
  const networkMode = input.networkMode ?? (isFargate ? "bridge" : "awsvpc");
  if (networkMode !== "awsvpc")
    throw clientFault(
      isFargate
        ? "Fargate only supports network mode ‘awsvpc’."
        : `Network mode '${networkMode}' is not there in the local cloud, where each task has an address of its own: 'awsvpc' is.`,
    );
  checkVolumes(volumes);
  checkRoles(input);
  const size = isFargate ? fargateSize(input.cpu, input.memory) : { cpu: input.cpu, memory: input.memory };
  const hasTaskMemory = size.memory !== undefined;
  const containers = checkedContainers(containerDefinitions, { hasTaskMemory, isFargate, volumes });
  if (isFargate) checkExecutionRole(input);
  for (const member of ["pidMode", "ipcMode", "proxyConfiguration"] as const)
    if (input[member] !== undefined)
      throw clientFault(
        `${member} is not there in the local cloud: leave it out, and containers share the network alone.`,
      );
  const { taskRoleArn, executionRoleArn, ephemeralStorage, runtimePlatform } = input;
  return {
    containerDefinitions: [...containers],
    networkMode,
    volumes: [...volumes],
    placementConstraints: input.placementConstraints ?? [],
    requiresCompatibilities,
    compatibilities: ["EC2", "FARGATE"],
    requiresAttributes: [],
    cpu: size.cpu,
    memory: size.memory,
    taskRoleArn,
    executionRoleArn,
    ephemeralStorage,
    runtimePlatform: runtimePlatform && checkedPlatform(runtimePlatform),
  };
}

function checkVolumes(volumes: NonNullable<RegisterTaskDefinitionCommandInput["volumes"]>): void {
  for (const { name = "", host, ...others } of volumes) {
    if (!/^[\w-]{1,255}$/.test(name)) throw clientFault(`Invalid volume name '${name.slice(0, 300)}'.`);
    const [kind] = Object.entries(others).flatMap(([member, value]) => (value ? [member] : []));
    if (kind !== undefined || host?.sourcePath !== undefined)
      throw clientFault(
        `Volume '${name}' has ${kind ?? "host.sourcePath"}, which the local cloud does not have: a volume is an empty folder that a task's containers share.`,
      );
  }
}

function checkRoles({ taskRoleArn, executionRoleArn }: RegisterTaskDefinitionCommandInput): void {
  for (const role of [taskRoleArn, executionRoleArn])
    if (role !== undefined && !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role))
      throw clientFault(`Role is not valid: '${role.slice(0, 300)}' is no ARN of a role.`);
}

/** What Fargate does for a task before it runs it does with the task's execution role. */
function checkExecutionRole({ executionRoleArn, containerDefinitions = [] }: RegisterTaskDefinitionCommandInput): void {
  if (executionRoleArn !== undefined) return;
  if (containerDefinitions.some(({ secrets = [] }) => secrets.length > 0))
    throw clientFault(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  if (containerDefinitions.some(({ logConfiguration }) => logConfiguration?.logDriver === "awslogs"))
    throw clientFault("Fargate requires task definition to have execution role ARN to support log driver awslogs.");
  if (containerDefinitions.some(({ image = "" }) => /\.dkr\.ecr\./.test(image)))
    throw clientFault("Fargate requires task definition to have execution role ARN to support ECR images.");
}

function checkedPlatform(platform: NonNullable<TaskDefinition["runtimePlatform"]>) {
  const own = process.arch === "arm64" ? "ARM64" : "X86_64";
  const { cpuArchitecture = own, operatingSystemFamily = "LINUX" } = platform;
  if (cpuArchitecture !== own || operatingSystemFamily !== "LINUX")
    throw clientFault(
      `The local cloud runs tasks on this machine, which is LINUX on ${own}, and not ${operatingSystemFamily} on ${cpuArchitecture}.`,
    );
  return platform;
}

/** Folders of this machine are images for whoever may do everything: others would read with them what is not theirs. */
function checkFolders({ containerDefinitions = [] }: Definition["asGiven"], call: Call): void {
  const folder = containerDefinitions.find(({ image = "" }) => isLocalReference(image));
  if (folder === undefined || mayDoEverything(call.principal)) return;
  throw new Fault(
    "AccessDeniedException",
    `User: ${call.principal.arn} is not authorized to use a folder of this machine as an image: ${folder.image}`,
    { status: 400 },
  );
}
