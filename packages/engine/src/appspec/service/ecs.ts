import { parseDocument, type ParsedAs, type Source } from "../yaml/document.ts";
import type { Findings } from "../findings.ts";
import { type Keys, Parts, readServiceFile } from "./service-file.ts";
import { notWellFormed } from "./service-messages.ts";
import { dump, type Entry, textOf, type Tree } from "../yaml/yaml-tree.ts";

/** The events for which an AppSpec file for ECS may name functions. */
export const ecsHookEvents = [
  "BeforeInstall",
  "AfterInstall",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
] as const;
/** One of them. */
export type EcsHookEvent = (typeof ecsHookEvents)[number];

/** An AppSpec file for a deployment to an ECS service: what its replacement task set is made of. */
export interface EcsAppSpec {
  /** ARN of a revision. */
  readonly taskDefinition: string;
  readonly containerName: string;
  readonly containerPort: number;
  /** Absent: the latest. */
  readonly platformVersion?: string | undefined;
  /** Absent: the service's. */
  readonly network?: TaskNetwork | undefined;
  readonly capacityProviders?: readonly CapacityProvider[] | undefined;
  /** Functions by lifecycle event, by name or ARN. */
  readonly hooks: Readonly<Partial<Record<EcsHookEvent, string>>>;
}

/** Where tasks have their network interfaces. */
export interface TaskNetwork {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: "ENABLED" | "DISABLED";
}

/** One item of a capacity provider strategy. */
export interface CapacityProvider {
  readonly name: string;
  readonly base: number;
  readonly weight: number;
}

/** What a file was found to be. */
export type ParsedEcs = ParsedAs<EcsAppSpec>;

/** Parts that such a file may have, as for Lambda. */
const partsMax = 1_000;

const ecs = {
  kind: "deployment configuration",
  type: "AWS::ECS::Service",
  resource: "service",
  hookEvents: ecsHookEvents,
  acceptsVersionOne: true,
} as const;

/** Reads the AppSpec file of an ECS deployment, in YAML or JSON (appspec.md §7). Never throws: all problems are findings. */
export function parseEcsAppSpec(source: Source, { file }: { file: string }): ParsedEcs {
  return parseDocument(source, { file, notWellFormed, partsMax, read: readEcs });
}

/** The AppSpec of an ECS deployment. */
export function readEcs(tree: Tree, findings: Findings): EcsAppSpec | undefined {
  const file = readServiceFile(tree, ecs, findings);
  if (file === undefined) return undefined;
  if (file.name !== "TargetService")
    findings.warn(
      "resource-name",
      `The resource is called "${file.name}", and AWS's guide calls it TargetService`,
      file.properties.place,
    );
  const parts = new Parts(ecs.kind, findings);
  const keys = parts.keys(file.properties, [
    "TaskDefinition",
    "LoadBalancerInfo",
    "PlatformVersion",
    "NetworkConfiguration",
    "CapacityProviderStrategy",
  ]);
  return {
    taskDefinition: taskDefinition(keys, parts),
    ...loadBalancer(keys.need("LoadBalancerInfo"), parts, findings),
    platformVersion: keys.get("PlatformVersion") === undefined ? undefined : keys.text("PlatformVersion"),
    network: network(keys.get("NetworkConfiguration"), parts),
    capacityProviders: providers(keys.get("CapacityProviderStrategy"), parts),
    hooks: file.hooks,
  };
}

const taskDefinitionArn = /^arn:aws[\w-]*:ecs:[a-z0-9-]+:\d{12}:task-definition\/[\w-]+:[1-9]\d*$/;

function taskDefinition(keys: Keys, parts: Parts): string {
  const arn = keys.text("TaskDefinition");
  const place = keys.get("TaskDefinition")?.value.place;
  if (arn !== "" && place !== undefined && !taskDefinitionArn.test(arn))
    parts.refuse(
      "task-definition",
      `the TaskDefinition "${arn}" is not the whole ARN of a revision`,
      place,
      "Write arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION, as aws ecs register-task-definition prints it",
    );
  return arn;
}

type Balanced = Pick<EcsAppSpec, "containerName" | "containerPort">;

const nowhere: Balanced = { containerName: "", containerPort: 0 };

function loadBalancer(entry: Entry | undefined, parts: Parts, findings: Findings): Balanced {
  if (entry === undefined) return nowhere;
  if (entry.value.kind !== "map") {
    parts.refuse(
      "L7",
      "Properties.LoadBalancerInfo must be one mapping",
      entry.value.place,
      'Remove the dash in front of "ContainerName"',
    );
    return nowhere;
  }
  const keys = parts.keys(entry.value, ["ContainerName", "ContainerPort"]);
  const containerName = keys.text("ContainerName");
  const port = keys.text("ContainerPort");
  const place = keys.get("ContainerPort")?.value.place;
  if (port === "" || place === undefined) return { containerName, containerPort: 0 };
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    parts.refuse("L12", `the ContainerPort is "${port}", and a number from 0 to 65535 is wanted`, place);
  else if (Number(port) === 0) findings.warn("port", "The ContainerPort is 0, which no container listens on", place);
  return { containerName, containerPort: Number(port) };
}

const networkKeys = ["Subnets", "SecurityGroups", "AssignPublicIp"];

/** All of it, or none. */
function network(entry: Entry | undefined, parts: Parts): TaskNetwork | undefined {
  const outer = entry === undefined ? undefined : parts.map(entry.value, "NetworkConfiguration");
  if (outer === undefined) return undefined;
  const inside = parts.keys(outer, ["AwsvpcConfiguration"]).need("AwsvpcConfiguration");
  const map = inside === undefined ? undefined : parts.map(inside.value, "AwsvpcConfiguration");
  if (map === undefined) return undefined;
  const keys = parts.keys(map, networkKeys);
  const missing = networkKeys.filter((name) => keys.get(name) === undefined);
  if (missing.length > 0)
    parts.refuse(
      "L11",
      `the AwsvpcConfiguration has no ${missing.join(" and no ")}`,
      map.place,
      `Write ${networkKeys.join(", ")}: all of them, or no NetworkConfiguration at all`,
    );
  const subnets = ids(keys.get("Subnets"), "Subnets", parts);
  const securityGroups = ids(keys.get("SecurityGroups"), "SecurityGroups", parts);
  const publicIp = keys.get("AssignPublicIp")?.value;
  if (publicIp !== undefined && !["ENABLED", "DISABLED"].includes(textOf(publicIp)))
    parts.refuse("L11", `AssignPublicIp is "${dump(publicIp)}"`, publicIp.place, 'Write "ENABLED" or "DISABLED"');
  return { subnets, securityGroups, assignPublicIp: textOf(publicIp) === "ENABLED" ? "ENABLED" : "DISABLED" };
}

function ids(entry: Entry | undefined, name: string, parts: Parts): readonly string[] {
  if (entry === undefined) return [];
  const { value } = entry;
  if (value.kind !== "list") {
    parts.shape(name, "a list of ids", value, 'Start each id with "- "');
    return [];
  }
  if (value.items.length === 0) parts.refuse("L11", `${name} is empty`, value.place);
  for (const item of value.items) if (textOf(item) === "") parts.shape(`each item of ${name}`, "an id", item);
  return value.items.map(textOf);
}

function providers(entry: Entry | undefined, parts: Parts): readonly CapacityProvider[] | undefined {
  if (entry === undefined) return undefined;
  const { value } = entry;
  if (value.kind !== "list") {
    parts.shape("CapacityProviderStrategy", "a list of providers", value, 'Start each with "- CapacityProvider:"');
    return undefined;
  }
  const found = value.items.map((item) => readProvider(item, parts));
  const [, second] = found.filter(({ base }) => base > 0);
  if (second !== undefined)
    parts.refuse("L11", "more than one capacity provider has a Base", second.tree.place, "Keep one of them");
  if (found.length > 1 && found.every(({ weight }) => weight === 0))
    parts.refuse(
      "L11",
      "no capacity provider has a Weight above 0: none would get a task",
      value.place,
      "Give one of them a Weight",
    );
  return found.map(({ name, base, weight }) => ({ name, base, weight }));
}

function readProvider(tree: Tree, parts: Parts) {
  const map = parts.map(tree, "each item of CapacityProviderStrategy");
  if (map === undefined) return { tree, name: "", base: 0, weight: 0 };
  const keys = parts.keys(map, ["Base", "CapacityProvider", "Weight"]);
  return {
    tree,
    name: keys.text("CapacityProvider"),
    base: wholeNumber(keys, "Base", parts),
    weight: wholeNumber(keys, "Weight", parts),
  };
}

function wholeNumber(keys: Keys, name: string, parts: Parts): number {
  const entry = keys.get(name);
  if (entry === undefined) return 0;
  const text = dump(entry.value);
  if (/^\d{1,6}$/.test(text)) return Number(text);
  parts.refuse(
    "L11",
    `the ${name} of a capacity provider is "${text}", and a whole number is wanted`,
    entry.value.place,
  );
  return 0;
}
