import type { Filter, UpdateAutoScalingGroupCommandInput } from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import { at } from "../act/causes.ts";
import type { AutoScalingContext, AutoScalingOperations } from "../context.ts";
import { copiedLaunch } from "../launch-source/copied-launch.ts";
import { describeActivity } from "../model/activities.ts";
import { describeGroup } from "../model/describe-group.ts";
import type { Group, AsGiven } from "../model/group.ts";
import { nameOf, settingsOf, sizesOf, asGivenOf } from "./group-input.ts";
import { hookOf } from "./hooks.ts";
import { pageOf } from "../pagination.ts";
import { tagOf } from "./tags.ts";
import { sourcesOf } from "./traffic-sources.ts";

/** Operations on groups. */
export const groupOperations: AutoScalingOperations = {
  CreateAutoScalingGroup(context, input) {
    const { groups, clock, wake } = context;
    const name = nameOf(input);
    if (groups.find(name) !== undefined)
      throw new Fault(
        "AlreadyExistsFault",
        `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
      );
    const { launch, subnetIds, ...settings } = { ...settingsOf(context, input), ...copied(context, input.InstanceId) };
    if (launch === undefined)
      throw new Fault(
        "ValidationError",
        "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
      );
    if (subnetIds === undefined)
      throw new Fault("ValidationError", "At least one Availability Zone or VPC Subnet is required.");
    const sizes = sizesOf(input);
    const now = clock();
    groups.put({
      name,
      createdAt: now,
      launch,
      subnetIds,
      healthCheckType: "EC2",
      gracePeriodSeconds: 0,
      cooldownSeconds: 300,
      terminationPolicies: ["Default"],
      protectsNewInstances: false,
      ...settings,
      ...sizes,
      sources: sourcesOf(context, input),
      suspended: [],
      hooks: (input.LifecycleHookSpecificationList ?? []).map((given) => hookOf(given)),
      members: [],
      tags: (input.Tags ?? []).map(tagOf),
      metrics: [],
      causes: [
        `${at(now)} a user request created an AutoScalingGroup changing the desired capacity from 0 to ${sizes.desired}.`,
      ],
      asGiven: asGivenOf(input),
    });
    wake(name);
  },

  UpdateAutoScalingGroup(context, input) {
    const { groups, clock, wake } = context;
    const group = groups.getActive(input.AutoScalingGroupName);
    const sizes = sizesOf(input, group);
    const cause = `${at(clock())} a user request update of AutoScalingGroup constraints to min: ${sizes.minSize}, max: ${sizes.maxSize}, desired: ${sizes.desired} changing the desired capacity from ${group.desired} to ${sizes.desired}.`;
    groups.put({
      ...group,
      ...settingsOf(context, input),
      ...sizes,
      asGiven: { ...keptOf(group, input), ...asGivenOf(input) },
      causes: sizes.desired === group.desired ? group.causes : [...group.causes, cause],
    });
    wake(group.name);
  },

  SetDesiredCapacity(
    { groups, clock, wake },
    { AutoScalingGroupName, DesiredCapacity: desired = NaN, HonorCooldown = false },
  ) {
    const group = groups.getActive(AutoScalingGroupName);
    const { minSize, maxSize, cooldownUntil = 0 } = group;
    if (desired > maxSize)
      throw new Fault(
        "ValidationError",
        `New SetDesiredCapacity value ${desired} is above max value ${maxSize} for the AutoScalingGroup.`,
      );
    if (!(desired >= minSize))
      throw new Fault(
        "ValidationError",
        `New SetDesiredCapacity value ${desired} is below min value ${minSize} for the AutoScalingGroup.`,
      );
    if (HonorCooldown && clock() < cooldownUntil)
      throw new Fault(
        "ScalingActivityInProgressFault",
        `Scaling activity ${group.name} is in progress and blocks this action`,
      );
    const cause = `${at(clock())} a user request explicitly set group desired capacity changing the desired capacity from ${group.desired} to ${desired}.`;
    groups.put({ ...group, desired, causes: desired === group.desired ? group.causes : [...group.causes, cause] });
    wake(group.name);
  },

  DeleteAutoScalingGroup(context, { AutoScalingGroupName, ForceDelete = false }) {
    const { groups, wake } = context;
    const group = groups.get(AutoScalingGroupName);
    if (!ForceDelete && group.members.some(({ state }) => !state.startsWith("Terminating")))
      throw new Fault(
        "ResourceInUseFault",
        "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
      );
    if (!ForceDelete && group.members.length > 0)
      throw new Fault(
        "ScalingActivityInProgressFault",
        "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
      );
    forgetBelongings(context, group.name);
    // No hook holds a group that is deleted with its instances; it is gone when they are.
    if (group.members.length === 0) groups.delete(group.name);
    else groups.put({ ...group, isGoing: true, minSize: 0, desired: 0, hooks: [] });
    wake(group.name);
  },

  DescribeAutoScalingGroups(context, input) {
    const { AutoScalingGroupNames: names = [], Filters = [], IncludeInstances = true } = input;
    const all = context.groups.all().filter((group) => names.length === 0 || names.includes(group.name));
    const { items, next } = pageOf(
      all.filter((group) => matches(group, Filters)),
      input,
    );
    const described = items.map((group) => describeGroup(context, group));
    return {
      AutoScalingGroups: IncludeInstances ? described : described.map((group) => ({ ...group, Instances: [] })),
      NextToken: next,
    };
  },

  DescribeScalingActivities(context, input) {
    const { AutoScalingGroupName: name, ActivityIds: ids = [], IncludeDeletedGroups = false } = input;
    if (name !== undefined && !IncludeDeletedGroups) context.groups.get(name);
    const all = name === undefined ? context.activities.all() : context.activities.of(name);
    const found = all.filter(
      ({ id, group }) =>
        (ids.length === 0 || ids.includes(id)) && (IncludeDeletedGroups || context.groups.find(group) !== undefined),
    );
    const { items, next } = pageOf(found, input);
    return { Activities: items.map(describeActivity), NextToken: next };
  },
};

/** Returns the settings that an update keeps as given. Another launch source replaces a mixed instances policy. */
function keptOf(
  { asGiven }: Group,
  { LaunchTemplate, LaunchConfigurationName }: UpdateAutoScalingGroupCommandInput,
): AsGiven {
  if (LaunchTemplate === undefined && LaunchConfigurationName === undefined) return asGiven;
  const { mixedInstancesPolicy: _, ...kept } = asGiven;
  return kept;
}

/** The launch source of a group that is created from an instance. */
function copied(context: AutoScalingContext, instanceId: string | undefined): Partial<Group> {
  if (instanceId === undefined) return {};
  const found = copiedLaunch(context, instanceId);
  if (found === undefined) throw new Fault("ValidationError", `Invalid Instance ID ${instanceId}: it does not exist`);
  return found;
}

function forgetBelongings({ policies, scheduledActions, notifications }: AutoScalingContext, name: string): void {
  for (const drawer of [policies, scheduledActions, notifications])
    for (const { id, group } of drawer.all()) if (group === name) drawer.delete(id);
}

function matches({ tags }: Group, filters: readonly Filter[]): boolean {
  return filters.every(({ Name = "", Values = [] }) => {
    if (Name === "tag-key") return tags.some(({ key }) => Values.includes(key));
    if (Name === "tag-value") return tags.some(({ value }) => Values.includes(value));
    if (Name.startsWith("tag:")) return tags.some(({ key, value }) => key === Name.slice(4) && Values.includes(value));
    throw new Fault(
      "ValidationError",
      `Filter type ${Name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`,
    );
  });
}
