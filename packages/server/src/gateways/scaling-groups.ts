import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import type { Checkpoint, EffectOf } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { finished, isNamed, outcomeOfError, underWay, type EffectOutcome } from "./outcome.ts";

/** How many names one DescribeAutoScalingGroups takes. */
const namesMax = 50;

/** Returns Auto Scaling groups by name, without those that do not exist. */
export async function scalingGroups(clients: Clients, names: readonly string[]): Promise<readonly AutoScalingGroup[]> {
  if (names.length === 0) return [];
  const autoScaling = await clients.autoScaling();
  const groups: AutoScalingGroup[] = [];
  for (let first = 0; first < names.length; first += namesMax) {
    const AutoScalingGroupNames = names.slice(first, first + namesMax);
    for await (const { AutoScalingGroups = [] } of autoScaling.paginateDescribeAutoScalingGroups({
      AutoScalingGroupNames,
    }))
      groups.push(...AutoScalingGroups);
  }
  return groups;
}

/** Returns the instances of a group's warm pool, if it has one. AWS's managed policy for CodeDeploy's roles does not allow the call. */
export async function pooledInstances(clients: Clients, group: AutoScalingGroup): Promise<readonly Instance[]> {
  if (group.WarmPoolConfiguration === undefined) return [];
  const { AutoScalingGroupName } = group;
  const autoScaling = await clients.autoScaling();
  const instances: Instance[] = [];
  for await (const { Instances = [] } of autoScaling.paginateDescribeWarmPool({ AutoScalingGroupName }))
    instances.push(...Instances);
  return instances;
}

/** Suspends those of the wanted processes that are running; only those are ours to resume (deployments.md §6.7). */
export async function suspendProcesses(
  clients: Clients,
  { scalingGroups: groupNames, processes }: EffectOf<"suspend processes">,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  if (checkpoint?.suspended === undefined) {
    const groups = await scalingGroups(clients, groupNames);
    const suspended = Object.fromEntries(
      groups.map(({ AutoScalingGroupName = "", SuspendedProcesses = [] }) => [
        AutoScalingGroupName,
        processes.filter((name) => SuspendedProcesses.every(({ ProcessName }) => ProcessName !== name)),
      ]),
    );
    return underWay(`${processes.join(", ")} are suspended on ${groupNames.join(", ")}`, { suspended });
  }
  for (const [AutoScalingGroupName, names] of Object.entries(checkpoint.suspended))
    if (names.length > 0)
      await (await clients.autoScaling()).suspendProcesses({ AutoScalingGroupName, ScalingProcesses: [...names] });
  return finished();
}

/** Resumes what we have suspended; a group that is gone needs nothing. */
export async function resumeProcesses(
  clients: Clients,
  { suspended }: EffectOf<"resume processes">,
): Promise<EffectOutcome> {
  const groups = await scalingGroups(clients, Object.keys(suspended));
  const existing = new Set(groups.map(({ AutoScalingGroupName = "" }) => AutoScalingGroupName));
  for (const [AutoScalingGroupName, names] of Object.entries(suspended))
    if (names.length > 0 && existing.has(AutoScalingGroupName))
      await (await clients.autoScaling()).resumeProcesses({ AutoScalingGroupName, ScalingProcesses: [...names] });
  return finished();
}

/** Deletes the original groups with their instances, or terminates instances that belong to none. Done when they are gone. */
export async function endOriginalInstances(
  clients: Clients,
  { scalingGroups: names, instances }: EffectOf<"end original instances">,
): Promise<EffectOutcome> {
  if (names.length > 0) return deleteScalingGroups(clients, names);
  const ec2 = await clients.ec2();
  const Filters = [{ Name: "instance-id", Values: [...instances] }];
  const { Reservations = [] } = await ec2.describeInstances({ Filters });
  const left = Reservations.flatMap(({ Instances = [] }) => Instances)
    .filter(({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down")
    .flatMap(({ InstanceId }) => InstanceId ?? []);
  if (left.length === 0) return finished();
  await ec2.terminateInstances({ InstanceIds: left });
  return underWay(`${left.join(", ")} end`);
}

/** Deletes groups with their instances. Done when they are gone. */
export async function deleteScalingGroups(clients: Clients, names: readonly string[]): Promise<EffectOutcome> {
  const left = await scalingGroups(clients, names);
  for (const { AutoScalingGroupName, Status } of left)
    if (Status !== "Delete in progress")
      await (await clients.autoScaling()).deleteAutoScalingGroup({ AutoScalingGroupName, ForceDelete: true });
  if (left.length === 0) return finished();
  return underWay(`${left.map(({ AutoScalingGroupName }) => AutoScalingGroupName).join(", ")} is being deleted`);
}

/** Extends the time of a lifecycle action. One that is over needs no heartbeat. */
export async function recordHeartbeat(
  clients: Clients,
  { scalingGroup, hook, instance, token }: Omit<EffectOf<"record heartbeat">, "kind">,
): Promise<EffectOutcome> {
  const autoScaling = await clients.autoScaling();
  const heartbeat = autoScaling.recordLifecycleActionHeartbeat({
    AutoScalingGroupName: scalingGroup,
    LifecycleHookName: hook,
    InstanceId: instance,
    LifecycleActionToken: token,
  });
  return orAlreadyOver(heartbeat);
}

/** Lets an instance continue, or abandons it. A lifecycle action that is over already needs nothing. */
export async function completeLifecycleAction(
  clients: Clients,
  { scalingGroup, hook, instance, token, result }: Omit<EffectOf<"complete lifecycle action">, "kind">,
): Promise<EffectOutcome> {
  const autoScaling = await clients.autoScaling();
  const completion = autoScaling.completeLifecycleAction({
    AutoScalingGroupName: scalingGroup,
    LifecycleHookName: hook,
    InstanceId: instance,
    LifecycleActionResult: result,
    LifecycleActionToken: token,
  });
  return orAlreadyOver(completion);
}

/** "No active Lifecycle Action found": someone else has completed it, or it has timed out. */
async function orAlreadyOver(call: Promise<unknown>): Promise<EffectOutcome> {
  try {
    await call;
    return finished();
  } catch (error) {
    if (error instanceof Error && isNamed(error, "ValidationError")) return finished({ remarks: [error.message] });
    return outcomeOfError(error);
  }
}
