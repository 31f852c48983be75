import type { Target } from "@sluice/engine";
import { fault } from "../faults.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { type CodeDeployOperations, type Context, deploymentOf, platformOf } from "./context.ts";
import { page } from "./pagination.ts";
import { instanceSummary, targetInfo } from "./views/target-info.ts";

const targetStatuses = ["Failed", "InProgress", "Pending", "Ready", "Skipped", "Succeeded", "Unknown"];
const labels = ["Blue", "Green"];

/** The operations on deployment targets, and their deprecated twins on instances (api.md §2.8). */
export const targetOperations = {
  ListDeploymentTargets(context, { deploymentId, targetFilters = {}, nextToken }) {
    const record = startedDeployment(context, deploymentId);
    for (const name of Object.keys(targetFilters))
      if (name !== "TargetStatus" && name !== "ServerInstanceLabel")
        throw fault(
          "InvalidTargetFilterName",
          `The filter "${name.slice(0, 120)}" is not TargetStatus or ServerInstanceLabel`,
        );
    const { TargetStatus: statuses = [], ServerInstanceLabel: wanted = [] } = targetFilters;
    const ids = idsOf(context, record, { statuses, labels: wanted });
    const { items, nextToken: token } = page(ids, nextToken, ["targets", record.id, targetFilters]);
    return { targetIds: items, nextToken: token };
  },

  GetDeploymentTarget(context, { deploymentId = "", targetId = "" }) {
    const record = startedDeployment(context, deploymentId);
    const target = targetOf(context.store.deployments.targets(record.id), targetId);
    if (target === undefined) throw noTarget(deploymentId, targetId);
    return { deploymentTarget: targetInfo(platformOf(context, record), record, target) };
  },

  BatchGetDeploymentTargets(context, { deploymentId = "", targetIds = [] }) {
    const record = startedDeployment(context, deploymentId);
    const platform = platformOf(context, record);
    if (platform !== "Server" && targetIds.length !== 1)
      throw fault(
        "DeploymentTargetListSizeExceeded",
        `A deployment to ${platform} has one target, and ${targetIds.length} are asked for`,
      );
    const targets = context.store.deployments.targets(record.id);
    return {
      deploymentTargets: targetIds.map((wanted) => {
        const target = targetOf(targets, wanted);
        if (target === undefined) throw noTarget(deploymentId, wanted);
        return targetInfo(platform, record, target);
      }),
    };
  },

  ListDeploymentInstances(context, { deploymentId, instanceStatusFilter = [], instanceTypeFilter = [], nextToken }) {
    const record = startedDeployment(context, deploymentId);
    refuseEcs(context, record);
    const ids = idsOf(context, record, { statuses: instanceStatusFilter, labels: instanceTypeFilter });
    const scope = ["instances", record.id, instanceStatusFilter, instanceTypeFilter];
    const { items, nextToken: token } = page(ids, nextToken, scope);
    return { instancesList: items, nextToken: token };
  },

  GetDeploymentInstance(context, { deploymentId = "", instanceId = "" }) {
    const record = deploymentOf(context, deploymentId);
    refuseEcs(context, record);
    const target = targetOf(context.store.deployments.targets(record.id), instanceId);
    if (target === undefined)
      throw fault("InstanceDoesNotExist", `The instance ${instanceId} is not part of the deployment ${deploymentId}`);
    return { instanceSummary: instanceSummary(deploymentId, target) };
  },

  BatchGetDeploymentInstances(context, { deploymentId = "", instanceIds = [] }) {
    const record = deploymentOf(context, deploymentId);
    refuseEcs(context, record);
    const targets = context.store.deployments.targets(record.id);
    const missing = instanceIds.filter((wanted) => targetOf(targets, wanted) === undefined);
    return {
      instancesSummary: instanceIds
        .flatMap((wanted) => targetOf(targets, wanted) ?? [])
        .map((target) => instanceSummary(deploymentId, target)),
      errorMessage: missing.length === 0 ? "" : `Not part of the deployment: ${missing.join(", ")}`,
    };
  },
} satisfies CodeDeployOperations;

/** A deployment that has targets, or that has ended before it had any. */
function startedDeployment(context: Context, deploymentId: string | undefined): DeploymentRecord {
  const record = deploymentOf(context, deploymentId);
  if (record.state.startTime === undefined && record.state.completeTime === undefined)
    throw fault("DeploymentNotStarted", `The deployment ${record.id} has not started`);
  return record;
}

function refuseEcs(context: Context, record: DeploymentRecord): void {
  if (platformOf(context, record) === "ECS")
    throw fault("InvalidComputePlatform", "Deployments to ECS have targets, and no instances");
}

/** A target by its id. */
const targetOf = (targets: readonly Target[], wanted: string): Target | undefined =>
  targets.find(({ id }) => id === wanted);

/** Ids of the targets that have one of the statuses and one of the labels; none given means all. */
function idsOf(
  { store }: Context,
  { id, request }: DeploymentRecord,
  wanted: { readonly statuses: readonly string[]; readonly labels: readonly string[] },
): readonly string[] {
  refuseUnknown("InvalidInstanceStatus", wanted.statuses, targetStatuses);
  refuseUnknown("InvalidInstanceType", wanted.labels, labels);
  if (wanted.labels.length > 0 && request.deploymentStyle.deploymentType !== "BLUE_GREEN")
    throw fault(
      "InvalidDeploymentInstanceType",
      "Blue and Green are labels of blue/green deployments, and this one is in-place",
    );
  return store.deployments
    .targets(id)
    .filter(({ status }) => wanted.statuses.length === 0 || wanted.statuses.includes(status))
    .filter(({ label }) => wanted.labels.length === 0 || wanted.labels.includes(label ?? ""))
    .map((target) => target.id);
}

function refuseUnknown(name: string, values: readonly string[], known: readonly string[]): void {
  const unknown = values.find((value) => !known.includes(value));
  if (unknown !== undefined)
    throw fault(
      name,
      `The filter has the value "${unknown.slice(0, 120)}", and each value must be one of ${known.join(", ")}`,
    );
}

const noTarget = (deploymentId: string, targetId: string) =>
  fault("DeploymentTargetDoesNotExist", `The target ${targetId} is not part of the deployment ${deploymentId}`);
