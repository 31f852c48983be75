import type {
  AutoScalingGroup,
  AutoScalingInstanceDetails,
  Instance,
  LaunchTemplateSpecification,
  TagDescription,
} from "@aws-sdk/client-auto-scaling";
import { subnetOf } from "../../ec2/index.ts";
import type { AutoScalingContext } from "../context.ts";
import { type Group, type GroupTag, isWarmed, type Member } from "./group.ts";
import { arnOf } from "../names.ts";
import { describePool } from "./warm-pool.ts";

/** Returns a group as AWS describes it. */
export function describeGroup(context: AutoScalingContext, group: Group): AutoScalingGroup {
  const { region } = context;
  const { asGiven, sources } = group;
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: arnOf(group, context),
    ...launchOf(group),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: group.cooldownSeconds,
    AvailabilityZones: [...new Set(group.subnetIds.map((id) => `${region}${subnetOf(id).zone}`))],
    VPCZoneIdentifier: group.vpcZoneIdentifier ?? "",
    LoadBalancerNames: sources.filter(({ type }) => type === "elb").map(({ id }) => id),
    TargetGroupARNs: sources.filter(({ type }) => type === "elbv2").map(({ id }) => id),
    TrafficSources: sources.map(({ type, id }) => ({ Identifier: id, Type: type })),
    HealthCheckType: group.healthCheckType,
    HealthCheckGracePeriod: group.gracePeriodSeconds,
    // As on AWS, DescribeWarmPool alone describes the instances of the warm pool.
    Instances: group.members.filter((member) => !isWarmed(member)).map((member) => describeMember(group, member)),
    ...(group.warmPool === undefined
      ? {}
      : { WarmPoolConfiguration: describePool(group.warmPool), WarmPoolSize: group.members.filter(isWarmed).length }),
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: group.suspended.map(({ name, reason }) => ({ ProcessName: name, SuspensionReason: reason })),
    EnabledMetrics: group.metrics.map((Metric) => ({ Metric, Granularity: "1Minute" })),
    Status: group.isGoing === true ? "Delete in progress" : undefined,
    Tags: group.tags.map((tag) => describeTag(group, tag)),
    TerminationPolicies: [...group.terminationPolicies],
    NewInstancesProtectedFromScaleIn: group.protectsNewInstances,
    ServiceLinkedRoleARN:
      asGiven.serviceLinkedRoleArn ??
      `arn:aws:iam::${context.accountId}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    PlacementGroup: asGiven.placementGroup,
    CapacityRebalance: asGiven.capacityRebalance,
    MaxInstanceLifetime: asGiven.maxInstanceLifetime,
    Context: asGiven.context,
    DesiredCapacityType: asGiven.desiredCapacityType,
    DefaultInstanceWarmup: asGiven.defaultInstanceWarmup,
    InstanceMaintenancePolicy: asGiven.instanceMaintenancePolicy,
  };
}

function launchOf({ launch, asGiven }: Group): Partial<AutoScalingGroup> {
  if (launch.kind === "configuration") return { LaunchConfigurationName: launch.name };
  if (asGiven.mixedInstancesPolicy !== undefined) return { MixedInstancesPolicy: asGiven.mixedInstancesPolicy };
  return { LaunchTemplate: specificationOf(launch, launch.version) };
}

const specificationOf = ({ id, name }: { id: string; name: string }, Version: string): LaunchTemplateSpecification => ({
  LaunchTemplateId: id,
  LaunchTemplateName: name,
  Version,
});

/** Returns an instance as AWS describes it within its group. */
export function describeMember(group: Group, member: Member): Instance {
  const { launch } = group;
  const { templateVersion } = member;
  return {
    InstanceId: member.id,
    InstanceType: member.instanceType,
    AvailabilityZone: member.zone,
    LifecycleState: member.state,
    HealthStatus: member.health,
    ProtectedFromScaleIn: member.isProtected,
    ImageId: member.imageId,
    LaunchConfigurationName: launch.kind === "configuration" ? launch.name : undefined,
    LaunchTemplate:
      launch.kind === "template" && templateVersion !== undefined
        ? specificationOf(launch, templateVersion)
        : undefined,
  };
}

/** Returns an instance as AWS describes it by itself. */
export function describeDetails(group: Group, member: Member): AutoScalingInstanceDetails {
  const { HealthStatus, ...described } = describeMember(group, member);
  return { ...described, AutoScalingGroupName: group.name, HealthStatus: HealthStatus?.toUpperCase() };
}

/** Returns a tag as AWS describes it. */
export const describeTag = ({ name }: Group, { key, value, propagate }: GroupTag): TagDescription => ({
  ResourceId: name,
  ResourceType: "auto-scaling-group",
  Key: key,
  Value: value,
  PropagateAtLaunch: propagate,
});
