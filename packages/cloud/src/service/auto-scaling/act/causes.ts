import type { Activity } from "../model/activities.ts";
import type { AutoScalingContext } from "../context.ts";
import type { LaunchReason, Removal } from "../decide/decide.ts";
import { type Group, isCounted, type Member, memberOf } from "../model/group.ts";
import { arnOf } from "../names.ts";

// The causes of activities, in AWS's sentences: tools that read them look for these words.

/** Returns the beginning of a sentence of a cause. */
export const at = (milliseconds: number): string => `At ${new Date(milliseconds).toISOString().replace(/\.\d+/, "")}`;

/** Opens the activity of one launch and returns its id. */
export function openLaunch(
  context: AutoScalingContext,
  group: Group,
  {
    instanceId,
    zone,
    subnetId,
    why,
    from,
  }: { instanceId: string; zone: string; subnetId: string; why: LaunchReason; from: number },
): string {
  const now = context.clock();
  const { id } = beginActivity(context, group, {
    description: `Launching a new EC2 instance${why === "pool" ? " into warm pool" : ""}: ${instanceId}`,
    cause: [...(why === "pool" ? [] : group.causes), launchReason(group, { why, from, now })].join("  "),
    member: { zone, subnetId },
    status: "PreInService",
  });
  return id;
}

function launchReason(
  { desired }: Group,
  { why, from, now }: { why: LaunchReason; from: number; now: number },
): string {
  switch (why) {
    case "balance":
      return `${at(now)} an instance was launched to rebalance Availability Zones, increasing the capacity from ${from} to ${from + 1}.`;
    case "refresh":
      return `${at(now)} an instance was launched in response to an instance refresh.`;
    case "pool":
      return `${at(now)} a difference between desired and actual size of the warm pool was met by a launch.`;
    case "capacity":
      return `${at(now)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${desired}.`;
  }
}

/** Records a launch that EC2 has refused as a failed activity. */
export function recordFailedLaunch(
  context: AutoScalingContext,
  group: Group,
  { message, zone, subnetId, from }: { message: string; zone: string; subnetId: string; from: number },
): void {
  const now = context.clock();
  const reason = `${at(now)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${group.desired}.`;
  const { id } = beginActivity(context, group, {
    description: `Launching a new EC2 instance.  Status Reason: ${message}`,
    cause: [...group.causes, reason].join("  "),
    member: { zone, subnetId },
  });
  context.activities.change(group.name, id, { status: "Failed", message, endedAt: now, progress: 100 });
}

/** Opens the activity of one termination and returns its id. */
export function openTermination(
  context: AutoScalingContext,
  group: Group,
  { id, why }: { id: string; why: Removal | "hook" },
): string {
  const member = memberOf(group, id);
  const cause = [...group.causes, removalCause(group, member, { why, now: context.clock() })].join("  ");
  return beginActivity(context, group, { description: `Terminating EC2 instance: ${id}`, cause, member }).id;
}

/** Opens an activity about one instance. */
export function beginActivity(
  { activities, clock, timeScale, region, accountId }: AutoScalingContext,
  group: Group,
  about: {
    readonly description: string;
    readonly cause: string;
    readonly member: Pick<Member, "zone" | "subnetId">;
    readonly status?: "PreInService" | undefined;
  },
): Activity {
  return activities.begin({
    group: group.name,
    groupArn: arnOf(group, { region, accountId }),
    description: about.description,
    cause: about.cause,
    startedAt: clock(),
    status: about.status ?? "InProgress",
    details: details(about.member.zone, about.member.subnetId, timeScale.scale),
  });
}

function removalCause(group: Group, { id }: Member, { why, now }: { why: Removal | "hook"; now: number }): string {
  const from = group.members.filter(isCounted).length;
  switch (why) {
    case "capacity":
      return `${at(now)} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${from} to ${from - 1}.  ${at(now)} instance ${id} was selected for termination.`;
    case "EC2":
      return `${at(now)} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`;
    case "ELB":
      return `${at(now)} an instance was taken out of service in response to an ELB system health check failure.`;
    case "user":
      return `${at(now)} an instance was taken out of service in response to a user health-check.`;
    case "refresh":
      return `${at(now)} an instance was taken out of service in response to an instance refresh.`;
    case "pool":
      return `${at(now)} an instance was taken out of the warm pool in response to a difference between desired and actual size of the warm pool.`;
    case "group":
      return `${at(now)} a user request force deleted AutoScaling group changing the desired capacity to 0.  ${at(now)} instance ${id} was selected for termination.`;
    case "hook":
      return `${at(now)} an instance was taken out of service in response to a launch failure.`;
  }
}

/** Where an instance is, as JSON. A time scale other than AWS's is added, as heartbeats and cooldowns are then shorter than they say. */
function details(zone: string, subnetId: string, scale: number): string {
  return JSON.stringify({
    "Subnet ID": subnetId,
    "Availability Zone": zone,
    "Time scale": scale === 1 ? undefined : `${scale}`,
  });
}
