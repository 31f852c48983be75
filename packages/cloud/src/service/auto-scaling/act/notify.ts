import type { AutoScalingContext } from "../context.ts";
import { type Group, isWarmed, type Member } from "../model/group.ts";
import type { HookAction, Transition } from "../model/hook.ts";
import { arnOf } from "../names.ts";

/** The events of a group that a topic can be notified of. */
export const notificationTypes = [
  "autoscaling:EC2_INSTANCE_LAUNCH",
  "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
  "autoscaling:EC2_INSTANCE_TERMINATE",
  "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
  "autoscaling:TEST_NOTIFICATION",
] as const;

/** Notifies the topics of a group of what has happened to one of its instances. */
export function notify(
  { notifications, publish, activities, clock, region, accountId }: AutoScalingContext,
  group: Group,
  {
    event,
    instanceId,
    activityId,
  }: { event: (typeof notificationTypes)[number]; instanceId: string; activityId: string | undefined },
): void {
  const wanting = notifications.all().filter(({ group: name, types }) => name === group.name && types.includes(event));
  if (wanting.length === 0) return;
  const activity = activities.find(group.name, activityId);
  const message = {
    Service: "AWS Auto Scaling",
    Time: new Date(clock()).toISOString(),
    RequestId: activityId ?? "",
    Event: event,
    AccountId: accountId,
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: arnOf(group, { region, accountId }),
    ActivityId: activity?.id,
    Description: activity?.description,
    Cause: activity?.cause,
    StartTime: activity && new Date(activity.startedAt).toISOString(),
    EndTime: activity && new Date(activity.endedAt ?? clock()).toISOString(),
    StatusCode: activity?.status,
    StatusMessage: activity && (activity.message ?? ""),
    Progress: activity?.progress,
    EC2InstanceId: activity && instanceId,
    Details: activity && (JSON.parse(activity.details) as unknown),
  };
  const subject = `Auto Scaling: ${event.endsWith("ERROR") ? "failed " : ""}${event.split(":")[1]} for group "${group.name}"`;
  for (const { topicArn } of wanting) publish(topicArn, { subject, body: JSON.stringify(message) });
}

/** Notifies the target of a hook that it holds an instance. */
export function announceAction(
  { publish, clock, accountId }: AutoScalingContext,
  group: Group,
  { member, transition, action }: { member: Member; transition: Transition; action: HookAction },
): void {
  const hook = group.hooks.find(({ name }) => name === action.hook);
  if (hook?.notificationTargetArn === undefined) return;
  const isLaunch = transition === "autoscaling:EC2_INSTANCE_LAUNCHING";
  const { id: instanceId } = member;
  const message = {
    ...routeOf(member, isLaunch),
    LifecycleHookName: hook.name,
    AccountId: accountId,
    RequestId: action.token,
    LifecycleTransition: transition,
    AutoScalingGroupName: group.name,
    Service: "AWS Auto Scaling",
    Time: new Date(clock()).toISOString(),
    EC2InstanceId: instanceId,
    LifecycleActionToken: action.token,
    NotificationMetadata: hook.notificationMetadata,
  };
  const subject = `Auto Scaling: Lifecycle action '${isLaunch ? "LAUNCHING" : "TERMINATING"}' for instance ${instanceId} in progress.`;
  publish(hook.notificationTargetArn, { subject, body: JSON.stringify(message) });
}

/** Returns an instance's origin and destination, in AWS's words. */
function routeOf(member: Member, isLaunch: boolean): { readonly Origin: string; readonly Destination: string } {
  if (isLaunch)
    return isWarmed(member)
      ? { Origin: "EC2", Destination: "WarmPool" }
      : { Origin: member.isDrawn === true ? "WarmPool" : "EC2", Destination: "AutoScalingGroup" };
  if (member.returns === true) return { Origin: "AutoScalingGroup", Destination: "WarmPool" };
  return { Origin: isWarmed(member) ? "WarmPool" : "AutoScalingGroup", Destination: "EC2" };
}
