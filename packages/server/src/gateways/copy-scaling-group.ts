import type { AutoScalingGroup, CreateAutoScalingGroupCommandInput } from "@aws-sdk/client-auto-scaling";
import type { Checkpoint, EffectOf } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { copyAttachments } from "./copy-attachments.ts";
import { finished, refused, underWay, type EffectOutcome } from "./outcome.ts";
import { scalingGroups } from "./scaling-groups.ts";

type Copy = EffectOf<"copy Auto Scaling group">;

/**
 * Processes that are suspended on a copy until the original is out of its load balancers: otherwise the copy would
 * register its instances, and scale, by itself (deployments.md §7.2).
 */
const suspendedProcesses = ["AddToLoadBalancer", "AlarmNotification", "ScheduledActions"];

/** The tag that names the deployment which has created a group; AWS's own name. */
export const provisioningTag = "CodeDeployProvisioningDeploymentId";

/**
 * Copies an Auto Scaling group, empty, with its attachments. Then lets it grow to as many instances as the original has
 * healthy ones, and waits until all of them are in service (deployments.md §7.2).
 */
export async function copyScalingGroup(
  clients: Clients,
  effect: Copy,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  const groups = await scalingGroups(clients, [effect.from, effect.to]);
  const source = groups.find(({ AutoScalingGroupName }) => AutoScalingGroupName === effect.from);
  const copy = groups.find(({ AutoScalingGroupName }) => AutoScalingGroupName === effect.to);
  if (checkpoint?.capacity === undefined) {
    if (source === undefined)
      return refused("AUTO_SCALING_CONFIGURATION", `The Auto Scaling group "${effect.from}" does not exist`);
    const healthy = (source.Instances ?? []).filter(
      ({ LifecycleState, HealthStatus }) => LifecycleState === "InService" && HealthStatus === "Healthy",
    ).length;
    const capacity = Math.max(healthy, 1);
    return underWay(`${effect.from} is copied`, { capacity, suspended: { [effect.to]: suspendedProcesses } });
  }
  if (copy !== undefined && (copy.DesiredCapacity ?? 0) > 0) return growth(clients, copy, checkpoint.capacity);
  if (source === undefined)
    return refused(
      "AUTO_SCALING_CONFIGURATION",
      `The Auto Scaling group "${effect.from}" has gone while it was copied`,
    );
  if (copy === undefined) await create(clients, source, effect);
  const remarks = await copyAttachments(clients, source, effect.to);
  await grow(clients, { source, name: effect.to, capacity: checkpoint.capacity });
  return underWay(
    `${effect.to} launches ${checkpoint.capacity} instances`,
    remarks.length === 0 ? undefined : { remarks },
  );
}

async function create(clients: Clients, source: AutoScalingGroup, { to, deploymentId }: Copy): Promise<void> {
  const autoScaling = await clients.autoScaling();
  await autoScaling.createAutoScalingGroup(copyOf(source, to, deploymentId));
  await autoScaling.suspendProcesses({ AutoScalingGroupName: to, ScalingProcesses: suspendedProcesses });
}

function copyOf(source: AutoScalingGroup, name: string, deploymentId: string): CreateAutoScalingGroupCommandInput {
  const tags = (source.Tags ?? []).filter(({ Key = "" }) => Key !== provisioningTag && !Key.startsWith("aws:"));
  const input: CreateAutoScalingGroupCommandInput = {
    AutoScalingGroupName: name,
    LaunchConfigurationName: source.LaunchConfigurationName,
    LaunchTemplate: source.LaunchTemplate && {
      LaunchTemplateId: source.LaunchTemplate.LaunchTemplateId,
      Version: source.LaunchTemplate.Version,
    },
    MixedInstancesPolicy: source.MixedInstancesPolicy,
    MinSize: 0,
    DesiredCapacity: 0,
    MaxSize: source.MaxSize,
    DefaultCooldown: source.DefaultCooldown,
    AvailabilityZones: source.VPCZoneIdentifier ? undefined : source.AvailabilityZones,
    VPCZoneIdentifier: source.VPCZoneIdentifier || undefined,
    LoadBalancerNames: source.LoadBalancerNames?.length ? source.LoadBalancerNames : undefined,
    TargetGroupARNs: source.TargetGroupARNs?.length ? source.TargetGroupARNs : undefined,
    HealthCheckType: source.HealthCheckType,
    HealthCheckGracePeriod: source.HealthCheckGracePeriod,
    PlacementGroup: source.PlacementGroup,
    TerminationPolicies: source.TerminationPolicies,
    NewInstancesProtectedFromScaleIn: source.NewInstancesProtectedFromScaleIn,
    CapacityRebalance: source.CapacityRebalance,
    ServiceLinkedRoleARN: source.ServiceLinkedRoleARN,
    MaxInstanceLifetime: source.MaxInstanceLifetime,
    DefaultInstanceWarmup: source.DefaultInstanceWarmup,
    InstanceMaintenancePolicy: source.InstanceMaintenancePolicy,
    Tags: [
      ...tags.map(({ Key, Value, PropagateAtLaunch }) => ({ Key, Value, PropagateAtLaunch })),
      { Key: provisioningTag, Value: deploymentId, PropagateAtLaunch: true },
    ],
  };
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as typeof input; // only members without a value have gone
}

async function grow(
  clients: Clients,
  { source, name, capacity }: { source: AutoScalingGroup; name: string; capacity: number },
): Promise<void> {
  const autoScaling = await clients.autoScaling();
  await autoScaling.updateAutoScalingGroup({
    AutoScalingGroupName: name,
    MinSize: Math.min(source.MinSize ?? 0, capacity),
    DesiredCapacity: capacity,
  });
}

/** Returns how far the copy has grown. If a scaling activity has failed, that is the reason why it does not grow. */
async function growth(clients: Clients, copy: AutoScalingGroup, capacity: number): Promise<EffectOutcome> {
  const ready = (copy.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === "InService").length;
  if (ready >= Math.min(capacity, copy.DesiredCapacity ?? capacity)) return finished();
  const { AutoScalingGroupName } = copy;
  const autoScaling = await clients.autoScaling();
  const { Activities = [] } = await autoScaling.describeScalingActivities({ AutoScalingGroupName, MaxRecords: 5 });
  const failed = Activities.find(({ StatusCode }) => StatusCode === "Failed");
  const why = failed === undefined ? "" : `; last failure: ${failed.StatusMessage ?? failed.Description}`;
  return underWay(`${ready} of ${capacity} instances of ${copy.AutoScalingGroupName} are in service${why}`);
}
