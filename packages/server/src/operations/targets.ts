import type { LifecycleEvent, Target } from "@sluice/engine";
import { fault } from "../faults.ts";
import { type CodeDeployOperations, type Context, date, deploymentOf } from "./context.ts";
import { page } from "./page.ts";

const targetStatuses = ["Failed", "InProgress", "Pending", "Ready", "Skipped", "Succeeded", "Unknown"];

/** The operations on deployment targets, and their deprecated twins on instances (api.md §2.8). */
export const targetOperations: CodeDeployOperations = {
  ListDeploymentTargets(context, { deploymentId, targetFilters = {}, nextToken }) {
    const targets = targetsOf(context, deploymentId);
    for (const name of Object.keys(targetFilters))
      if (name !== "TargetStatus" && name !== "ServerInstanceLabel")
        throw fault("InvalidTargetFilterName", `The filter "${name}" is not TargetStatus or ServerInstanceLabel`);
    if (targetFilters.ServerInstanceLabel !== undefined) refuseLabel();
    const statuses: readonly string[] = targetFilters.TargetStatus ?? targetStatuses;
    const unknown = statuses.find((status) => !targetStatuses.includes(status));
    if (unknown !== undefined)
      throw fault("InvalidInstanceStatus", `The status "${unknown}" is not one of ${targetStatuses.join(", ")}`);
    const { items, nextToken: token } = page(idsOf(targets, statuses), nextToken);
    return { targetIds: items, nextToken: token };
  },

  GetDeploymentTarget(context, { deploymentId = "", targetId = "" }) {
    const target = targetsOf(context, deploymentId).find(({ id }) => id === targetId);
    if (target === undefined) throw noTarget(deploymentId, targetId);
    return { deploymentTarget: targetInfo(deploymentId, target) };
  },

  BatchGetDeploymentTargets(context, { deploymentId = "", targetIds = [] }) {
    const targets = targetsOf(context, deploymentId);
    return {
      deploymentTargets: targetIds.map((wanted) => {
        const target = targets.find(({ id }) => id === wanted);
        if (target === undefined) throw noTarget(deploymentId, wanted);
        return targetInfo(deploymentId, target);
      }),
    };
  },

  ListDeploymentInstances(context, { deploymentId, instanceStatusFilter = [], instanceTypeFilter, nextToken }) {
    const targets = targetsOf(context, deploymentId);
    if (instanceTypeFilter !== undefined && instanceTypeFilter.length > 0) refuseLabel();
    const { items, nextToken: token } = page(
      idsOf(targets, instanceStatusFilter.length === 0 ? targetStatuses : instanceStatusFilter),
      nextToken,
    );
    return { instancesList: items, nextToken: token };
  },

  GetDeploymentInstance(context, { deploymentId = "", instanceId = "" }) {
    const target = targetsOf(context, deploymentId).find(({ id }) => id === instanceId);
    if (target === undefined)
      throw fault("InstanceDoesNotExist", `The instance ${instanceId} is not part of the deployment ${deploymentId}`);
    return { instanceSummary: instanceSummary(deploymentId, target) };
  },

  BatchGetDeploymentInstances(context, { deploymentId = "", instanceIds = [] }) {
    const targets = targetsOf(context, deploymentId);
    const missing = instanceIds.filter((wanted) => targets.every(({ id }) => id !== wanted));
    return {
      instancesSummary: instanceIds
        .flatMap((wanted) => targets.filter(({ id }) => id === wanted))
        .map((target) => instanceSummary(deploymentId, target)),
      errorMessage: missing.length === 0 ? "" : `Not part of the deployment: ${missing.join(", ")}`,
    };
  },
};

function targetsOf(context: Context, deploymentId: string | undefined): readonly Target[] {
  const { id, state } = deploymentOf(context, deploymentId);
  if (state.startTime === undefined && state.completeTime === undefined)
    throw fault("DeploymentNotStarted", `The deployment ${id} has not started`);
  return context.store.deployments.targets(id);
}

const idsOf = (targets: readonly Target[], statuses: readonly string[]) =>
  targets.filter(({ status }) => statuses.includes(status)).map(({ id }) => id);

function refuseLabel(): never {
  throw fault(
    "InvalidDeploymentInstanceType",
    "Blue and Green are labels of blue/green deployments, and this one is in-place",
  );
}

const noTarget = (deploymentId: string, targetId: string) =>
  fault("DeploymentTargetDoesNotExist", `The target ${targetId} is not part of the deployment ${deploymentId}`);

function targetInfo(deploymentId: string, { id, arn, status, lastUpdatedAt, events }: Target) {
  const common = {
    deploymentId,
    targetId: id,
    targetArn: arn,
    status,
    lastUpdatedAt: date(lastUpdatedAt),
    lifecycleEvents: events.map(eventInfo),
  };
  return { deploymentTargetType: "InstanceTarget" as const, instanceTarget: common };
}

/** The deprecated form: its instance id is the ARN (api.md §2.8). */
const instanceSummary = (deploymentId: string, { arn, status, lastUpdatedAt, events }: Target) => ({
  deploymentId,
  instanceId: arn,
  status,
  lastUpdatedAt: date(lastUpdatedAt),
  lifecycleEvents: events.map(eventInfo),
});

const eventInfo = ({ name, status, startTime, endTime, diagnostics }: LifecycleEvent) => ({
  lifecycleEventName: name,
  diagnostics,
  startTime: date(startTime),
  endTime: date(endTime),
  status,
});
