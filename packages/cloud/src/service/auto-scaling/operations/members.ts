import { Fault } from "@sluice/aws-protocol";
import { type Activity, describeActivity } from "../model/activities.ts";
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
    const { groups, wake } = context;
    const { group, member } = groups.getByInstance(InstanceId);
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
    const activity = move(context, group, member, {
      desired: shrinks ? group.desired - 1 : group.desired,
      description: `Terminating EC2 instance: ${member.id}`,
      what: `instance ${member.id} was taken out of service`,
      to: { state: "Terminating", actions: [] },
    });
    wake(group.name);
    return { Activity: describeActivity(activity) };
  },

  AttachInstances(context, { AutoScalingGroupName, InstanceIds = [] }) {
    const { groups, ec2, wake } = context;
    const group = groups.getActive(AutoScalingGroupName);
    const desired = grown(group, InstanceIds.length, "more instances");
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
      const { id: activityId } = beginMove(context, group, member, {
        desired,
        description: `Attaching an existing EC2 instance: ${member.id}`,
        what: "an instance was attached",
        growing: "growing",
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
    const { groups, wake } = context;
    const group = groups.getActive(AutoScalingGroupName);
    const members = membersOf(group, InstanceIds, ["Standby"]);
    const desired = grown(group, members.length, "more instances in service");
    const activities = members.map((member) =>
      move(context, group, member, {
        desired,
        description: `Moving EC2 instance out of Standby: ${member.id}`,
        what: `instance ${member.id} was moved out of standby`,
        growing: "increasing",
        to: { state: "Pending", skipsHooks: true },
      }),
    );
    wake(group.name);
    return { Activities: activities.map(describeActivity) };
  },

  SetInstanceHealth({ groups, clock, timeScale, wake }, { InstanceId, HealthStatus, ShouldRespectGracePeriod = true }) {
    if (HealthStatus !== "Healthy" && HealthStatus !== "Unhealthy")
      throw new Fault("ValidationError", `HealthStatus must be Healthy or Unhealthy, and is ${HealthStatus}`);
    const { group, member } = groups.getByInstance(InstanceId);
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

/** Returns the instances that a request names. Throws a Fault when one is not in the group, or in none of the wanted states. */
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
  const { groups, trafficSources, wake } = context;
  const group = groups.getActive(input.AutoScalingGroupName);
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
  const activities = members.map((member) =>
    move(context, group, member, {
      desired,
      description: describe(member.id),
      what: `instance ${member.id} was ${verb}`,
      to: { state: to },
    }),
  );
  wake(group.name);
  return activities.map(describeActivity);
}

/** Returns the capacity of a group with some more instances; throws a Fault above its maximum. */
function grown({ desired, maxSize }: Group, count: number, what: string): number {
  if (desired + count <= maxSize) return desired + count;
  throw new Fault("ValidationError", `AutoScalingGroup will exceed its max size of ${maxSize} with ${count} ${what}`);
}

/** What a user has done with an instance. */
interface Deed {
  /** The group's capacity afterwards. */
  readonly desired: number;
  readonly description: string;
  /** In AWS's words, for the cause of the activity. */
  readonly what: string;
  /** AWS's word where the capacity grows. */
  readonly growing?: "growing" | "increasing" | undefined;
}

/** Opens the activity of what a user has done with an instance. */
function beginMove(context: AutoScalingContext, group: Group, member: Member, deed: Deed): Activity {
  const { desired, description, what, growing = "shrinking" } = deed;
  const change = desired === group.desired ? "" : `, ${growing} the capacity from ${group.desired} to ${desired}`;
  const cause = `${at(context.clock())} ${what} in response to a user request${change}.`;
  return beginActivity(context, group, { description, cause, member });
}

/** Moves an instance to another state, and its group to another capacity. Returns the activity of that. */
function move(
  context: AutoScalingContext,
  group: Group,
  member: Member,
  { to, ...deed }: Deed & { readonly to: Partial<Member> },
): Activity {
  const activity = beginMove(context, group, member, deed);
  context.groups.change(group.name, (current) =>
    withMember({ ...current, desired: deed.desired }, member.id, (kept) => ({
      ...kept,
      ...to,
      activityId: activity.id,
    })),
  );
  return activity;
}
