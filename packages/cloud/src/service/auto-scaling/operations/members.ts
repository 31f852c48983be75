import { Fault } from "@sluice/aws-protocol";
import { describeActivity } from "../model/activities.ts";
import { at, beginActivity } from "../act/causes.ts";
import type { AutoScalingContext, AutoScalingOperations } from "../context.ts";
import { describeDetails } from "../model/describe-group.ts";
import { type Group, isCounted, isWarmed, type Member, withMember } from "../model/group.ts";
import { newMember } from "../act/launch.ts";
import { pageOf } from "../pagination.ts";

/** Operations on the instances of groups. */
export const memberOperations: AutoScalingOperations = {
  DescribeAutoScalingInstances({ groups }, input) {
    const { InstanceIds: ids = [] } = input;
    const all = groups.all().flatMap((group) => group.members.map((member) => ({ group, member })));
    const { items, next } = pageOf(
      all.filter(({ member }) => ids.length === 0 || ids.includes(member.id)),
      input,
    );
    return { AutoScalingInstances: items.map(({ group, member }) => describeDetails(group, member)), NextToken: next };
  },

  async TerminateInstanceInAutoScalingGroup(context, { InstanceId, ShouldDecrementDesiredCapacity: shrinks = false }) {
    const { groups, clock, wake } = context;
    const { group, member } = groups.ofInstance(InstanceId);
    if (shrinks && group.desired - 1 < group.minSize)
      throw new Fault(
        "ValidationError",
        `Currently, desiredSize equals minSize (${group.minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
      );
    if (isWarmed(member))
      throw new Fault(
        "ValidationError",
        `The instance ${member.id} is in the warm pool: this is for instances of the group`,
      );
    if (member.state.startsWith("Terminating"))
      throw new Fault(
        "ValidationError",
        `The instance ${member.id} is not in a state from which it can be terminated: it is ${member.state}`,
      );
    for (const source of group.sources) await context.trafficSources.deregister(source, [member.id]);
    const to = shrinks ? group.desired - 1 : group.desired;
    const asked = shrinks ? `, shrinking the capacity from ${group.desired} to ${to}` : "";
    const cause = `${at(clock())} instance ${member.id} was taken out of service in response to a user request${asked}.`;
    const activity = beginActivity(context, group, {
      description: `Terminating EC2 instance: ${member.id}`,
      cause,
      member,
    });
    groups.change(group.name, (current) =>
      withMember({ ...current, desired: to }, member.id, (kept) => ({
        ...kept,
        state: "Terminating",
        actions: [],
        activityId: activity.id,
      })),
    );
    wake(group.name);
    return { Activity: describeActivity(activity) };
  },

  AttachInstances(context, { AutoScalingGroupName, InstanceIds = [] }) {
    const { groups, ec2, wake, clock } = context;
    const group = groups.standing(AutoScalingGroupName);
    const desired = group.desired + InstanceIds.length;
    if (desired > group.maxSize)
      throw new Fault(
        "ValidationError",
        `AutoScalingGroup will exceed its max size of ${group.maxSize} with ${InstanceIds.length} more instances`,
      );
    const added = InstanceIds.map((id): Member => {
      const record = ec2.fleet.find(id);
      if (record?.state !== "running")
        throw new Fault(
          "ValidationError",
          `Invalid Instance ID(s): ${id} is ${record?.state ?? "unknown"}, and only running instances can be attached`,
        );
      if (groups.all().some(({ members }) => members.some((member) => member.id === id)))
        throw new Fault("ValidationError", `The instance ${id} belongs to an AutoScalingGroup already`);
      return { ...newMember(record, group), skipsHooks: true };
    });
    const attached = added.map((member) => {
      const cause = `${at(clock())} an instance was attached in response to a user request, growing the capacity from ${group.desired} to ${desired}.`;
      const { id: activityId } = beginActivity(context, group, {
        description: `Attaching an existing EC2 instance: ${member.id}`,
        cause,
        member,
      });
      const tags = ec2.fleet.find(member.id)?.tags ?? [];
      ec2.fleet.change(member.id, { tags: [...tags, { Key: "aws:autoscaling:groupName", Value: group.name }] });
      return { ...member, activityId };
    });
    groups.put({ ...group, desired, members: [...group.members, ...attached] });
    wake(group.name);
  },

  DetachInstances: async (context, input) => ({
    Activities: await leave(context, input, {
      to: "Detaching",
      from: ["InService", "Standby"],
      describe: (id) => `Detaching EC2 instance: ${id}`,
      verb: "detached",
    }),
  }),

  EnterStandby: async (context, input) => ({
    Activities: await leave(context, input, {
      to: "EnteringStandby",
      from: ["InService"],
      describe: (id) => `Moving EC2 instance to Standby: ${id}`,
      verb: "moved to standby",
    }),
  }),

  ExitStandby(context, { AutoScalingGroupName, InstanceIds = [] }) {
    const { groups, clock, wake } = context;
    const group = groups.standing(AutoScalingGroupName);
    const members = membersOf(group, InstanceIds, ["Standby"]);
    const desired = group.desired + members.length;
    if (desired > group.maxSize)
      throw new Fault(
        "ValidationError",
        `AutoScalingGroup will exceed its max size of ${group.maxSize} with ${members.length} more instances in service`,
      );
    const activities = members.map((member) => {
      const cause = `${at(clock())} instance ${member.id} was moved out of standby in response to a user request, increasing the capacity from ${group.desired} to ${desired}.`;
      const activity = beginActivity(context, group, {
        description: `Moving EC2 instance out of Standby: ${member.id}`,
        cause,
        member,
      });
      groups.change(group.name, (current) =>
        withMember({ ...current, desired }, member.id, (kept) => ({
          ...kept,
          state: "Pending",
          skipsHooks: true,
          activityId: activity.id,
        })),
      );
      return describeActivity(activity);
    });
    wake(group.name);
    return { Activities: activities };
  },

  SetInstanceHealth({ groups, clock, timeScale, wake }, { InstanceId, HealthStatus, ShouldRespectGracePeriod = true }) {
    if (HealthStatus !== "Healthy" && HealthStatus !== "Unhealthy")
      throw new Fault("ValidationError", `HealthStatus must be Healthy or Unhealthy, and is ${HealthStatus}`);
    const { group, member } = groups.ofInstance(InstanceId);
    const graceUntil = (member.inServiceAt ?? clock()) + timeScale.milliseconds(group.gracePeriodSeconds);
    if (HealthStatus === "Unhealthy" && ShouldRespectGracePeriod && clock() < graceUntil) return;
    const { unhealthyBecause: _, ...kept } = member;
    const judged: Member =
      HealthStatus === "Healthy"
        ? { ...kept, health: "Healthy" }
        : { ...kept, health: "Unhealthy", unhealthyBecause: "user" };
    groups.put(withMember(group, member.id, () => judged));
    wake(group.name);
  },

  SetInstanceProtection({ groups, wake }, { AutoScalingGroupName, InstanceIds = [], ProtectedFromScaleIn = false }) {
    const group = groups.get(AutoScalingGroupName);
    const ids = new Set(membersOf(group, InstanceIds).map(({ id }) => id));
    const members = group.members.map((member) =>
      ids.has(member.id) ? { ...member, isProtected: ProtectedFromScaleIn } : member,
    );
    groups.put({ ...group, members });
    wake(group.name);
  },
};

/** The instances that a request names; a Fault when one is not there, or in none of the wanted states. */
function membersOf(group: Group, ids: readonly string[], wanted?: readonly string[]): readonly Member[] {
  return ids.map((id) => {
    const member = group.members.find((candidate) => candidate.id === id);
    if (member === undefined)
      throw new Fault("ValidationError", `The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    if (wanted !== undefined && !wanted.includes(member.state))
      throw new Fault("ValidationError", `The instance ${id} is in ${member.state} and not in ${wanted.join(" or ")}.`);
    return member;
  });
}

interface Leaving {
  readonly to: "Detaching" | "EnteringStandby";
  readonly from: readonly string[];
  readonly describe: (id: string) => string;
  readonly verb: string;
}

/** Instances leave service without being ended; the group shrinks, or replaces them. */
async function leave(
  context: AutoScalingContext,
  input: {
    InstanceIds?: string[] | undefined;
    AutoScalingGroupName: string | undefined;
    ShouldDecrementDesiredCapacity: boolean | undefined;
  },
  { to, from, describe, verb }: Leaving,
) {
  const { groups, trafficSources, clock, wake } = context;
  const group = groups.standing(input.AutoScalingGroupName);
  const members = membersOf(group, input.InstanceIds ?? [], from);
  const counted = members.filter(isCounted).length;
  const desired = input.ShouldDecrementDesiredCapacity === true ? group.desired - counted : group.desired;
  if (desired < group.minSize)
    throw new Fault(
      "ValidationError",
      `AutoScalingGroup will fall below its min size of ${group.minSize} when ${counted} instances leave. Lower the min size, or do not decrement the desired capacity.`,
    );
  for (const source of group.sources)
    await trafficSources.deregister(
      source,
      members.map(({ id }) => id),
    );
  const shrinking = desired === group.desired ? "" : `, shrinking the capacity from ${group.desired} to ${desired}`;
  const activities = members.map((member) => {
    const cause = `${at(clock())} instance ${member.id} was ${verb} in response to a user request${shrinking}.`;
    const activity = beginActivity(context, group, { description: describe(member.id), cause, member });
    groups.change(group.name, (current) =>
      withMember({ ...current, desired }, member.id, (kept) => ({ ...kept, state: to, activityId: activity.id })),
    );
    return describeActivity(activity);
  });
  wake(group.name);
  return activities;
}
