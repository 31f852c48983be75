import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import type { Checkpoint, EffectOf } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { finished, outcomeOfError, underWay, type EffectOutcome } from "./outcome.ts";

/** Names that one DescribeAutoScalingGroups takes. */
const namesMax = 50;

/** Auto Scaling groups by name; those that do not exist are left out. */
export async function scalingGroups(clients: Clients, names: readonly string[]): Promise<readonly AutoScalingGroup[]> {
  const { DescribeAutoScalingGroupsCommand } = await import("@aws-sdk/client-auto-scaling");
  const client = await clients.scaling();
  const found: AutoScalingGroup[] = [];
  for (let first = 0; first < names.length; first += namesMax) {
    const AutoScalingGroupNames = names.slice(first, first + namesMax);
    for (let NextToken: string | undefined, page = 0; page === 0 || NextToken !== undefined; page += 1) {
      const answer = await client.send(
        new DescribeAutoScalingGroupsCommand({
          AutoScalingGroupNames,
          NextToken,
        }),
      );
      found.push(...(answer.AutoScalingGroups ?? []));
      NextToken = answer.NextToken;
    }
  }
  return found;
}

/** The instances of a group's warm pool; nobody when it has none. AWS's managed policy for CodeDeploy's roles does not allow the call. */
export async function pooledInstances(clients: Clients, group: AutoScalingGroup): Promise<readonly Instance[]> {
  if (group.WarmPoolConfiguration === undefined) return [];
  const { paginateDescribeWarmPool } = await import("@aws-sdk/client-auto-scaling");
  const { AutoScalingGroupName } = group;
  const found: Instance[] = [];
  for await (const { Instances = [] } of paginateDescribeWarmPool(
    { client: await clients.scaling() },
    { AutoScalingGroupName },
  ))
    found.push(...Instances);
  return found;
}

/** Suspends what runs of the wanted processes; only those are ours to resume (deployments.md §6.7). */
export async function suspendProcesses(
  clients: Clients,
  { scalingGroups: names, processes }: EffectOf<"suspend processes">,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  if (checkpoint?.suspended === undefined) {
    const groups = await scalingGroups(clients, names);
    const suspended = Object.fromEntries(
      groups.map(({ AutoScalingGroupName = "", SuspendedProcesses = [] }) => [
        AutoScalingGroupName,
        processes.filter((name) => SuspendedProcesses.every(({ ProcessName }) => ProcessName !== name)),
      ]),
    );
    return underWay(`${processes.join(", ")} are suspended on ${names.join(", ")}`, { suspended });
  }
  await suspend(clients, checkpoint.suspended);
  return finished();
}

async function suspend(clients: Clients, suspended: NonNullable<Checkpoint["suspended"]>): Promise<void> {
  const { SuspendProcessesCommand } = await import("@aws-sdk/client-auto-scaling");
  for (const [AutoScalingGroupName, ScalingProcesses] of Object.entries(suspended))
    if (ScalingProcesses.length > 0)
      await (
        await clients.scaling()
      ).send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: [...ScalingProcesses] }));
}

/** Resumes what we have suspended; a group that is gone needs nothing. */
export async function resumeProcesses(
  clients: Clients,
  { suspended }: EffectOf<"resume processes">,
): Promise<EffectOutcome> {
  const { ResumeProcessesCommand } = await import("@aws-sdk/client-auto-scaling");
  const left = new Set(
    (await scalingGroups(clients, Object.keys(suspended))).map(({ AutoScalingGroupName = "" }) => AutoScalingGroupName),
  );
  for (const [AutoScalingGroupName, ScalingProcesses] of Object.entries(suspended))
    if (ScalingProcesses.length > 0 && left.has(AutoScalingGroupName))
      await (
        await clients.scaling()
      ).send(new ResumeProcessesCommand({ AutoScalingGroupName, ScalingProcesses: [...ScalingProcesses] }));
  return finished();
}

/** Deletes the original groups with their instances, or ends instances that belong to none; it is done when they are gone. */
export async function endOriginalInstances(
  clients: Clients,
  { scalingGroups: names, instances }: EffectOf<"end original instances">,
): Promise<EffectOutcome> {
  if (names.length > 0) return deleteScalingGroups(clients, names);
  const { DescribeInstancesCommand, TerminateInstancesCommand } = await import("@aws-sdk/client-ec2");
  const ec2 = await clients.ec2();
  const Filters = [{ Name: "instance-id", Values: [...instances] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  const left = Reservations.flatMap(({ Instances = [] }) => Instances)
    .filter(({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down")
    .flatMap(({ InstanceId }) => InstanceId ?? []);
  if (left.length === 0) return finished();
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: left }));
  return underWay(`${left.join(", ")} end`);
}

/** Deletes groups with their instances; it is done when they are gone. */
export async function deleteScalingGroups(clients: Clients, names: readonly string[]): Promise<EffectOutcome> {
  const { DeleteAutoScalingGroupCommand } = await import("@aws-sdk/client-auto-scaling");
  const left = await scalingGroups(clients, names);
  for (const { AutoScalingGroupName, Status } of left)
    if (Status !== "Delete in progress")
      await (
        await clients.scaling()
      ).send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName, ForceDelete: true }));
  if (left.length === 0) return finished();
  return underWay(`${left.map(({ AutoScalingGroupName }) => AutoScalingGroupName).join(", ")} is being deleted`);
}

/** Tells Auto Scaling that a lifecycle action goes on. An action that is over needs no heartbeat. */
export async function recordHeartbeat(
  clients: Clients,
  { scalingGroup, hook, instance, token }: Omit<EffectOf<"record heartbeat">, "kind">,
): Promise<EffectOutcome> {
  const { RecordLifecycleActionHeartbeatCommand } = await import("@aws-sdk/client-auto-scaling");
  const command = new RecordLifecycleActionHeartbeatCommand({
    AutoScalingGroupName: scalingGroup,
    LifecycleHookName: hook,
    InstanceId: instance,
    LifecycleActionToken: token,
  });
  return orNothingToDo((await clients.scaling()).send(command));
}

/** Lets an instance go on, or gives it up. An action that is over already needs nothing. */
export async function completeLifecycleAction(
  clients: Clients,
  { scalingGroup, hook, instance, token, result }: Omit<EffectOf<"complete lifecycle action">, "kind">,
): Promise<EffectOutcome> {
  const { CompleteLifecycleActionCommand } = await import("@aws-sdk/client-auto-scaling");
  const command = new CompleteLifecycleActionCommand({
    AutoScalingGroupName: scalingGroup,
    LifecycleHookName: hook,
    InstanceId: instance,
    LifecycleActionResult: result,
    LifecycleActionToken: token,
  });
  return orNothingToDo((await clients.scaling()).send(command));
}

/** "No active Lifecycle Action found": somebody else, or the time, has ended it. */
async function orNothingToDo(sent: Promise<unknown>): Promise<EffectOutcome> {
  try {
    await sent;
    return finished();
  } catch (error) {
    if (error instanceof Error && error.name === "ValidationError") return finished({ remarks: [error.message] });
    return outcomeOfError(error);
  }
}
