import { parseDocument, type Source } from "../yaml/document.ts";
import type { Finding, Findings } from "../findings.ts";
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

const ecs = {
  kind: "deployment configuration",
  type: "AWS::ECS::Service",
  resource: "service",
  hookEvents: ecsHookEvents,
} as const;

/** What is wrong with the AppSpec file of an ECS deployment, in YAML or JSON (appspec.md §7). Never throws: all problems are findings. */
export function examineEcsAppSpec(source: Source, { file }: { file: string }): readonly Finding[] {
  const read = (tree: Tree, findings: Findings) => checkEcs(tree, findings);
  return parseDocument(source, { file, notWellFormed, read }).findings;
}

/** Finds what is wrong with the tree of such a file. */
export function checkEcs(tree: Tree, findings: Findings): void {
  const found = readServiceFile(tree, ecs, findings);
  if (found === undefined) return;
  if (found.name !== "TargetService")
    findings.warn(
      "resource-name",
      `The resource is called "${found.name}", and AWS's guide calls it TargetService`,
      found.properties.place,
    );
  const parts = new Parts(ecs.kind, findings);
  const keys = parts.keys(found.properties, [
    "TaskDefinition",
    "LoadBalancerInfo",
    "PlatformVersion",
    "NetworkConfiguration",
    "CapacityProviderStrategy",
  ]);
  checkTaskDefinition(keys, parts);
  checkLoadBalancer(keys.need("LoadBalancerInfo"), parts, findings);
  if (keys.get("PlatformVersion") !== undefined) keys.text("PlatformVersion");
  checkNetwork(keys.get("NetworkConfiguration"), parts);
  checkProviders(keys.get("CapacityProviderStrategy"), parts);
}

const taskDefinitionArn = /^arn:aws[\w-]*:ecs:[a-z0-9-]+:\d{12}:task-definition\/[\w-]+:[1-9]\d*$/;

function checkTaskDefinition(keys: Keys, parts: Parts): void {
  const arn = keys.text("TaskDefinition");
  const place = keys.get("TaskDefinition")?.value.place;
  if (arn === "" || place === undefined || taskDefinitionArn.test(arn)) return;
  parts.refuse(
    "task-definition",
    `the TaskDefinition "${arn}" is not the whole ARN of a revision`,
    place,
    "Write arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION, as aws ecs register-task-definition prints it",
  );
}

function checkLoadBalancer(entry: Entry | undefined, parts: Parts, findings: Findings): void {
  if (entry === undefined) return;
  if (entry.value.kind !== "map") {
    parts.refuse(
      "L7",
      "Properties.LoadBalancerInfo must be one mapping",
      entry.value.place,
      'Remove the dash in front of "ContainerName"',
    );
    return;
  }
  const keys = parts.keys(entry.value, ["ContainerName", "ContainerPort"]);
  keys.text("ContainerName");
  const port = keys.text("ContainerPort");
  const place = keys.get("ContainerPort")?.value.place;
  if (port === "" || place === undefined) return;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    parts.refuse("L12", `the ContainerPort is "${port}", and a number from 0 to 65535 is wanted`, place);
  else if (Number(port) === 0) findings.warn("port", "The ContainerPort is 0, which no container listens on", place);
}

const networkKeys = ["Subnets", "SecurityGroups", "AssignPublicIp"];

/** All of it, or none. */
function checkNetwork(entry: Entry | undefined, parts: Parts): void {
  const outer = entry === undefined ? undefined : parts.map(entry.value, "NetworkConfiguration");
  if (outer === undefined) return;
  const inside = parts.keys(outer, ["AwsvpcConfiguration"]).need("AwsvpcConfiguration");
  const map = inside === undefined ? undefined : parts.map(inside.value, "AwsvpcConfiguration");
  if (map === undefined) return;
  const keys = parts.keys(map, networkKeys);
  const missing = networkKeys.filter((name) => keys.get(name) === undefined);
  if (missing.length > 0)
    parts.refuse(
      "L11",
      `the AwsvpcConfiguration has no ${missing.join(" and no ")}`,
      map.place,
      `Write ${networkKeys.join(", ")}: all of them, or no NetworkConfiguration at all`,
    );
  for (const name of ["Subnets", "SecurityGroups"]) checkIds(keys.get(name), name, parts);
  const publicIp = keys.get("AssignPublicIp")?.value;
  if (publicIp !== undefined && !["ENABLED", "DISABLED"].includes(textOf(publicIp)))
    parts.refuse("L11", `AssignPublicIp is "${dump(publicIp)}"`, publicIp.place, 'Write "ENABLED" or "DISABLED"');
}

function checkIds(entry: Entry | undefined, name: string, parts: Parts): void {
  if (entry === undefined) return;
  const { value } = entry;
  if (value.kind !== "list") return parts.shape(name, "a list of ids", value, 'Start each id with "- "');
  if (value.items.length === 0) parts.refuse("L11", `${name} is empty`, value.place);
  for (const item of value.items) if (textOf(item) === "") parts.shape(`each item of ${name}`, "an id", item);
}

function checkProviders(entry: Entry | undefined, parts: Parts): void {
  if (entry === undefined) return;
  const { value } = entry;
  if (value.kind !== "list")
    return parts.shape(
      "CapacityProviderStrategy",
      "a list of providers",
      value,
      'Start each with "- CapacityProvider:"',
    );
  const providers = value.items.map((item) => readProvider(item, parts));
  const [, second] = providers.filter(({ base }) => base > 0);
  if (second !== undefined)
    parts.refuse("L11", "more than one capacity provider has a Base", second.tree.place, "Keep one of them");
  if (providers.length > 1 && providers.every(({ weight }) => weight === 0))
    parts.refuse(
      "L11",
      "no capacity provider has a Weight above 0: none would get a task",
      value.place,
      "Give one of them a Weight",
    );
}

function readProvider(tree: Tree, parts: Parts) {
  const map = parts.map(tree, "each item of CapacityProviderStrategy");
  if (map === undefined) return { tree, base: 0, weight: 0 };
  const keys = parts.keys(map, ["Base", "CapacityProvider", "Weight"]);
  keys.text("CapacityProvider");
  return { tree, base: wholeNumber(keys, "Base", parts), weight: wholeNumber(keys, "Weight", parts) };
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
