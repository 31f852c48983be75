import type { ScalingPolicy } from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import { at } from "../act/causes.ts";
import type { AutoScalingContext, AutoScalingOperations } from "../context.ts";
import { type Group, isSuspended } from "../model/group.ts";
import { uuidOf } from "../names.ts";
import type { Policy } from "../model/policy.ts";
import { pageOf } from "../pagination.ts";

const policyTypes = ["SimpleScaling", "StepScaling", "TargetTrackingScaling", "PredictiveScaling"];
const adjustmentTypes = ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"];

/** Operations on scaling policies. Simple and step policies change the capacity when executed; others are only stored and described. */
export const policyOperations: AutoScalingOperations = {
  PutScalingPolicy(context, { AutoScalingGroupName, PolicyName: name = "", ...settings }) {
    const group = context.groups.getActive(AutoScalingGroupName);
    const { PolicyType = "SimpleScaling", AdjustmentType } = settings;
    if (name === "" || name.length > 255)
      throw new Fault("ValidationError", "A policy name must have 1 to 255 characters");
    if (!policyTypes.includes(PolicyType))
      throw new Fault("ValidationError", `Policy type ${PolicyType} is not known: ${policyTypes.join(", ")} are`);
    const adjusts = PolicyType === "SimpleScaling" || PolicyType === "StepScaling";
    if (adjusts && !adjustmentTypes.includes(AdjustmentType ?? ""))
      throw new Fault(
        "ValidationError",
        `You must specify an AdjustmentType for policy type: ${PolicyType}: one of ${adjustmentTypes.join(", ")}`,
      );
    if (PolicyType === "SimpleScaling" && settings.ScalingAdjustment === undefined)
      throw new Fault("ValidationError", "You must specify a ScalingAdjustment for policy type: SimpleScaling");
    if (PolicyType === "StepScaling" && (settings.StepAdjustments ?? []).length === 0)
      throw new Fault("ValidationError", "You must specify at least one StepAdjustment for policy type: StepScaling");
    if (PolicyType === "TargetTrackingScaling" && settings.TargetTrackingConfiguration === undefined)
      throw new Fault(
        "ValidationError",
        "You must specify a TargetTrackingConfiguration for policy type: TargetTrackingScaling",
      );
    const policy: Policy = {
      id: `${group.name} ${name}`,
      group: group.name,
      name,
      settings: { ...settings, PolicyType },
    };
    context.policies.put(policy.id, policy);
    return { PolicyARN: arnOf(context, policy), Alarms: [] };
  },

  DeletePolicy(context, { AutoScalingGroupName, PolicyName }) {
    context.policies.delete(findPolicy(context, PolicyName, AutoScalingGroupName).id);
  },

  DescribePolicies(context, input) {
    const { AutoScalingGroupName: group, PolicyNames: names = [], PolicyTypes: types = [] } = input;
    const found = context.policies
      .all()
      .filter(
        (policy) =>
          (group === undefined || policy.group === group) &&
          (names.length === 0 || names.includes(policy.name) || names.includes(arnOf(context, policy))) &&
          (types.length === 0 || types.includes(policy.settings.PolicyType ?? "")),
      );
    const { items, next } = pageOf(found, input);
    return { ScalingPolicies: items.map((policy) => describe(context, policy)), NextToken: next };
  },

  ExecutePolicy(context, { AutoScalingGroupName, PolicyName, HonorCooldown = false, MetricValue, BreachThreshold }) {
    const policy = findPolicy(context, PolicyName, AutoScalingGroupName);
    const group = context.groups.getActive(policy.group);
    if (HonorCooldown && context.clock() < (group.cooldownUntil ?? 0))
      throw new Fault(
        "ScalingActivityInProgressFault",
        `Scaling activity of ${group.name} is in progress and blocks this action`,
      );
    if (policy.settings.PolicyType === "StepScaling" && (MetricValue === undefined || BreachThreshold === undefined))
      throw new Fault(
        "ValidationError",
        "MetricValue and BreachThreshold are required to execute a policy of type StepScaling",
      );
    const cause = `${at(context.clock())} a user request executed policy ${policy.name}`;
    execute(context, policy, { by: (MetricValue ?? 0) - (BreachThreshold ?? 0), cause });
  },

  DescribeAdjustmentTypes: () => ({ AdjustmentTypes: adjustmentTypes.map((AdjustmentType) => ({ AdjustmentType })) }),
};

/** Executes a policy for an alarm that has its ARN among its actions. Does nothing when there is no such policy, or AlarmNotification is suspended. */
export function executeByAlarm(
  context: AutoScalingContext,
  policyArn: string,
  { alarm, by }: { alarm: string; by: number },
): void {
  const policy = context.policies.all().find((candidate) => arnOf(context, candidate) === policyArn);
  const group = policy && context.groups.find(policy.group);
  if (policy === undefined || group === undefined || group.isGoing === true || isSuspended(group, "AlarmNotification"))
    return;
  if (policy.settings.PolicyType === "SimpleScaling" && context.clock() < (group.cooldownUntil ?? 0)) return;
  const cause = `${at(context.clock())} a monitor alarm ${alarm} in state ALARM triggered policy ${policy.name}`;
  execute(context, policy, { by, cause });
}

/** Changes the capacity as a policy says; `by` is how far the metric is beyond the threshold. */
function execute(
  context: AutoScalingContext,
  { group: name, settings }: Policy,
  { by, cause }: { by: number; cause: string },
): void {
  const { groups, clock, timeScale, wake } = context;
  const step = settings.StepAdjustments?.find(
    ({ MetricIntervalLowerBound: lower = -Infinity, MetricIntervalUpperBound: upper = Infinity }) =>
      by >= lower && by < upper,
  );
  const adjustment = settings.PolicyType === "StepScaling" ? step?.ScalingAdjustment : settings.ScalingAdjustment;
  if (adjustment === undefined) return;
  groups.change(name, (group) => {
    const desired = Math.min(group.maxSize, Math.max(group.minSize, adjusted(group, settings, adjustment)));
    const sentence = `${cause} changing the desired capacity from ${group.desired} to ${desired}.`;
    return {
      ...group,
      desired,
      cooldownUntil: clock() + timeScale.milliseconds(settings.Cooldown ?? group.cooldownSeconds),
      causes: desired === group.desired ? group.causes : [...group.causes, sentence],
    };
  });
  wake(name);
}

function adjusted(
  { desired }: Group,
  { AdjustmentType, MinAdjustmentMagnitude = 0 }: Policy["settings"],
  adjustment: number,
): number {
  if (AdjustmentType === "ExactCapacity") return adjustment;
  if (AdjustmentType === "ChangeInCapacity") return desired + adjustment;
  // Percentages are rounded towards zero, but the change is at least one.
  const share = (desired * adjustment) / 100;
  const change = Math.abs(share) < 1 ? Math.sign(share) : Math.trunc(share);
  return desired + Math.sign(change) * Math.max(Math.abs(change), MinAdjustmentMagnitude);
}

/** Returns the policy of a name or an ARN, or undefined. */
export function matchingPolicy(context: AutoScalingContext, name = "", group?: string): Policy | undefined {
  return context.policies
    .all()
    .find(
      (policy) =>
        arnOf(context, policy) === name || (policy.name === name && (group === undefined || policy.group === group)),
    );
}

function findPolicy(context: AutoScalingContext, name?: string, group?: string): Policy {
  const found = matchingPolicy(context, name, group);
  if (found !== undefined) return found;
  throw new Fault("ValidationError", `PolicyName not found - Scaling policy ${name} not found`);
}

const arnOf = ({ region, accountId }: AutoScalingContext, { id, group, name }: Policy) =>
  `arn:aws:autoscaling:${region}:${accountId}:scalingPolicy:${uuidOf(id)}:autoScalingGroupName/${group}:policyName/${name}`;

function describe(context: AutoScalingContext, policy: Policy): ScalingPolicy {
  const { Enabled = true, ...settings } = policy.settings;
  return {
    ...settings,
    AutoScalingGroupName: policy.group,
    PolicyName: policy.name,
    PolicyARN: arnOf(context, policy),
    Enabled,
    Alarms: [],
  };
}
