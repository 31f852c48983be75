import { randomUUID } from "node:crypto";
import type { DesiredConfiguration, InstanceRefresh, RefreshPreferences as Asked } from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import { findTemplate, versionOf } from "../../ec2/index.ts";
import type { AutoScalingContext, AutoScalingOperations } from "../context.ts";
import { type Group, isCounted, type Member } from "../model/group.ts";
import { launchSourceOf } from "./group-input.ts";
import type { LaunchSource } from "../launch-source/launch-source.ts";
import { pageOf } from "../pagination.ts";
import { activeRefresh, leftOf, percentOf, rolledBack, withRefresh } from "../decide/refresh.ts";
import type { Refresh, RefreshPreferences } from "../model/refresh-record.ts";

/** Refreshes that are kept of each group. AWS keeps six weeks. */
const keptMax = 20;

/** Defaults and limits of instance refreshes, in percent and seconds. */
const minHealthyDefault = 90;
const maxHealthyMax = 200;
const checkpointSecondsDefault = 3600;
const waitSecondsMax = 172_800;

/** Operations on instance refreshes. */
export const refreshOperations: AutoScalingOperations = {
  StartInstanceRefresh(context, input) {
    const { groups, clock, wake } = context;
    const group = groups.getActive(input.AutoScalingGroupName);
    const active = activeRefresh(group);
    if (active !== undefined)
      throw new Fault(
        "InstanceRefreshInProgressFault",
        `An Instance Refresh is already in progress and blocks the execution of this Instance Refresh: ${active.id}`,
      );
    if (input.Strategy !== undefined && input.Strategy !== "Rolling")
      throw new Fault("ValidationError", `The only strategy here is Rolling, and "${input.Strategy}" was given`);
    const desired = input.DesiredConfiguration && desiredOf(context, input.DesiredConfiguration);
    const preferences = preferencesOf(context, group, input.Preferences);
    if (preferences.autoRollback) refuseIrreversible(group, desired);
    const now = clock();
    const original = group.members.filter(({ state }) => !state.startsWith("Terminating")).map(({ id }) => id);
    const old = oldOf(context, group, { preferences, launch: desired?.launch ?? group.launch });
    const refresh: Refresh = {
      id: randomUUID(),
      status: "InProgress",
      startedAt: now,
      preferences,
      desired,
      original,
      old,
      total: old.length,
      progressAt: now,
      passed: 0,
    };
    groups.put({ ...group, refreshes: [refresh, ...(group.refreshes ?? [])].slice(0, keptMax) });
    wake(group.name);
    return { InstanceRefreshId: refresh.id };
  },

  CancelInstanceRefresh({ groups, wake }, { AutoScalingGroupName }) {
    const group = groups.get(AutoScalingGroupName);
    const active = activeOf(group);
    groups.put(withRefresh(group, active.id, { status: "Cancelling" }));
    wake(group.name);
    return { InstanceRefreshId: active.id };
  },

  RollbackInstanceRefresh({ groups, clock, wake }, { AutoScalingGroupName }) {
    const group = groups.getActive(AutoScalingGroupName);
    const active = activeOf(group);
    refuseIrreversible(group, active.desired);
    if (active.status !== "RollbackInProgress") {
      const change = rolledBack(active, group, { now: clock(), reason: "A user request rolled the refresh back" });
      groups.put(withRefresh(group, active.id, change));
      wake(group.name);
    }
    return { InstanceRefreshId: active.id };
  },

  DescribeInstanceRefreshes({ groups }, input) {
    const group = groups.get(input.AutoScalingGroupName);
    const { InstanceRefreshIds: ids = [] } = input;
    const found = (group.refreshes ?? []).filter(({ id }) => ids.length === 0 || ids.includes(id));
    const { items, next } = pageOf(found, input);
    return { InstanceRefreshes: items.map((refresh) => describe(group, refresh)), NextToken: next };
  },
};

function activeOf(group: Group): Refresh {
  const active = activeRefresh(group);
  if (active !== undefined) return active;
  throw new Fault(
    "ActiveInstanceRefreshNotFoundFault",
    `No in progress or pending Instance Refresh found for Auto Scaling group ${group.name}`,
  );
}

function desiredOf(context: AutoScalingContext, asked: DesiredConfiguration): NonNullable<Refresh["desired"]> {
  const launch = launchSourceOf(context, asked);
  if (launch === undefined)
    throw new Fault("ValidationError", "DesiredConfiguration needs a LaunchTemplate or a MixedInstancesPolicy");
  const { MixedInstancesPolicy: policy } = asked;
  return { launch, policy };
}

/** As on AWS, a rollback needs a launch source to go back to that cannot change meanwhile. */
function refuseIrreversible({ launch, name }: Group, desired: Refresh["desired"]): void {
  const moves = launch.kind === "template" && launch.version.startsWith("$");
  if (desired !== undefined && !moves) return;
  throw new Fault(
    "IrreversibleInstanceRefreshFault",
    `The refresh of ${name} cannot be rolled back: ${moves ? `the group's launch template has the version ${launch.version}` : "it has no desired configuration"}`,
  );
}

/** Returns the instances that are to be replaced. */
function oldOf(
  context: AutoScalingContext,
  { members, asGiven, launch: before }: Group,
  { preferences, launch }: { readonly preferences: RefreshPreferences; readonly launch: LaunchSource },
): readonly string[] {
  const { skipMatching, scaleInProtected, standby } = preferences;
  const isOther =
    before.kind !== launch.kind ||
    (before.kind === "template" && launch.kind === "template" && before.id !== launch.id);
  const version = launch.kind === "template" ? versionNumber(context, launch) : undefined;
  const matches = ({ templateVersion }: Member) =>
    skipMatching && !isOther && asGiven.mixedInstancesPolicy === undefined && templateVersion === version;
  return members
    .filter((member) => isCounted(member) || (member.state === "Standby" && standby !== "Ignore"))
    .filter((member) => !matches(member) && !(member.isProtected && scaleInProtected === "Ignore"))
    .map(({ id }) => id);
}

const versionNumber = (
  { ec2 }: AutoScalingContext,
  { id, version }: LaunchSource & { readonly kind: "template" },
): string => `${versionOf(findTemplate(ec2.templates, { LaunchTemplateId: id }), version).number}`;

function preferencesOf(
  { timeScale }: AutoScalingContext,
  { asGiven, gracePeriodSeconds }: Group,
  asked: Asked = {},
): RefreshPreferences {
  const { MinHealthyPercentage: policyMin = -1, MaxHealthyPercentage: policyMax = -1 } =
    asGiven.instanceMaintenancePolicy ?? {};
  const minHealthy = within(
    "MinHealthyPercentage",
    asked.MinHealthyPercentage ?? (policyMin < 0 ? minHealthyDefault : policyMin),
    0,
    100,
  );
  const maxHealthy = within(
    "MaxHealthyPercentage",
    asked.MaxHealthyPercentage ?? (policyMax < 0 ? 100 : policyMax),
    100,
    maxHealthyMax,
  );
  if (asked.AlarmSpecification?.Alarms?.length)
    throw new Fault("ValidationError", "AlarmSpecification is not carried out here: a refresh watches no alarms");
  const checkpoints = asked.CheckpointPercentages ?? [];
  if (checkpoints.some((one, at) => one < 1 || one > 100 || one <= (checkpoints[at - 1] ?? 0)))
    throw new Fault(
      "ValidationError",
      `CheckpointPercentages must be rising, from 1 to 100, and are ${checkpoints.join(", ")}`,
    );
  const seconds = (name: string, value: number) => timeScale.milliseconds(within(name, value, 0, waitSecondsMax));
  return {
    minHealthy,
    maxHealthy,
    checkpoints,
    warmupMilliseconds: seconds(
      "InstanceWarmup",
      asked.InstanceWarmup ?? asGiven.defaultInstanceWarmup ?? gracePeriodSeconds,
    ),
    skipMatching: asked.SkipMatching ?? false,
    autoRollback: asked.AutoRollback ?? false,
    scaleInProtected: asked.ScaleInProtectedInstances ?? "Wait",
    standby: asked.StandbyInstances ?? "Wait",
    checkpointMilliseconds: seconds("CheckpointDelay", asked.CheckpointDelay ?? checkpointSecondsDefault),
    bakeMilliseconds: seconds("BakeTime", asked.BakeTime ?? 0),
    asGiven: { ...asked, MinHealthyPercentage: minHealthy, MaxHealthyPercentage: maxHealthy },
  };
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Fault("ValidationError", `${name} must be a whole number from ${least} to ${most}, and is ${value}`);
}

function describe(group: Group, refresh: Refresh): InstanceRefresh {
  const { id, status, reason, startedAt, endedAt, preferences, desired, rollback } = refresh;

  const isDone = status === "Successful" || status === "RollbackSuccessful";
  return {
    InstanceRefreshId: id,
    AutoScalingGroupName: group.name,
    Status: status,
    StatusReason: reason,
    StartTime: new Date(startedAt),
    EndTime: endedAt === undefined ? undefined : new Date(endedAt),
    PercentageComplete: isDone ? 100 : percentOf(refresh, group),
    InstancesToUpdate: isDone ? 0 : leftOf(refresh, group).length,
    Preferences: preferences.asGiven,
    Strategy: "Rolling",
    DesiredConfiguration: desired && describeDesired(desired),
    RollbackDetails: rollback && {
      RollbackReason: rollback.reason,
      RollbackStartTime: new Date(rollback.startedAt),
      PercentageCompleteOnRollback: rollback.percentBefore,
    },
  };
}

function describeDesired({ launch, policy }: NonNullable<Refresh["desired"]>): DesiredConfiguration {
  if (policy !== undefined) return { MixedInstancesPolicy: policy };
  return launch.kind === "template"
    ? { LaunchTemplate: { LaunchTemplateId: launch.id, LaunchTemplateName: launch.name, Version: launch.version } }
    : {};
}
