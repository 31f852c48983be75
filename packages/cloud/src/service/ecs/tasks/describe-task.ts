import type { Container as DescribedContainer, Task as DescribedTask } from "@aws-sdk/client-ecs";
import { hostnameOf } from "../../ec2/index.ts";
import type { EcsContext } from "../context.ts";
import { definitionNamed } from "../definitions/find-definition.ts";
import { clusterArn, containerArn, definitionArn, taskArn } from "../names.ts";
import { type Container, healthOf, type Task } from "./task.ts";

/** Returns a task as AWS describes it. */
export function describeTask(context: EcsContext, task: Task, withTags = false): DescribedTask {
  const { asGiven } = definitionNamed(context, task.definition);
  const at = (time: number | undefined) => (time === undefined ? undefined : new Date(time));
  return {
    attachments: [attachmentOf(task)],
    attributes: [{ name: "ecs.cpu-architecture", value: process.arch === "arm64" ? "arm64" : "x86_64" }],
    availabilityZone: task.network.zone,
    capacityProviderName: task.capacityProvider,
    clusterArn: clusterArn(context, task.cluster),
    connectivity: task.connectedAt === undefined ? undefined : "CONNECTED",
    connectivityAt: at(task.connectedAt),
    containers: task.containers.map((container) => describeContainer(context, task, container)),
    cpu: task.overrides.cpu ?? asGiven.cpu ?? "256",
    createdAt: at(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.allowsCommands,
    ephemeralStorage: { sizeInGiB: asGiven.ephemeralStorage?.sizeInGiB ?? 20 },
    executionStoppedAt: at(task.executionStoppedAt),
    group: task.group,
    healthStatus: healthOf(task),
    inferenceAccelerators: [],
    lastStatus: task.lastStatus,
    launchType: "FARGATE",
    memory: task.overrides.memory ?? asGiven.memory ?? "512",
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...task.overrides },
    platformFamily: "Linux",
    platformVersion: task.platformVersion,
    pullStartedAt: at(task.pullStartedAt),
    pullStoppedAt: at(task.pullStoppedAt),
    startedAt: at(task.startedAt),
    startedBy: task.startedBy,
    stopCode: task.stop?.code,
    stoppedAt: at(task.stoppedAt),
    stoppedReason: task.stop?.reason,
    stoppingAt: at(task.stoppingAt),
    tags: withTags ? [...task.tags] : [],
    taskArn: taskArn(context, task),
    taskDefinitionArn: definitionArn(context, task.definition),
    version: task.version,
  };
}

function attachmentOf({ network, lastStatus }: Task): NonNullable<DescribedTask["attachments"]>[number] {
  const isGone = lastStatus === "STOPPED";
  return {
    id: network.attachmentId,
    type: "ElasticNetworkInterface",
    status: lastStatus === "PROVISIONING" ? "PRECREATED" : isGone ? "DELETED" : "ATTACHED",
    details: [
      { name: "subnetId", value: network.subnetId },
      { name: "networkInterfaceId", value: network.interfaceId },
      { name: "macAddress", value: network.mac },
      { name: "privateDnsName", value: `${hostnameOf(network.address)}.ec2.internal` },
      { name: "privateIPv4Address", value: network.address },
    ],
  };
}

function describeContainer(context: EcsContext, task: Task, container: Container): DescribedContainer {
  const { containerDefinitions = [] } = definitionNamed(context, task.definition).asGiven;
  const { cpu, memory, memoryReservation } = containerDefinitions.find(({ name }) => name === container.name) ?? {};
  return {
    containerArn: containerArn(context, task, container),
    taskArn: taskArn(context, task),
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings: [],
    networkInterfaces: [{ attachmentId: task.network.attachmentId, privateIpv4Address: task.network.address }],
    healthStatus: container.health,
    managedAgents: task.allowsCommands
      ? [{ name: "ExecuteCommandAgent", lastStatus: container.lastStatus }]
      : undefined,
    cpu: String(cpu ?? 0),
    memory: memory === undefined ? undefined : String(memory),
    memoryReservation: memoryReservation === undefined ? undefined : String(memoryReservation),
  };
}
