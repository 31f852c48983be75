import { deploymentOverview, isOver } from "@sluice/engine";
import type { ErrorCode } from "@aws-sdk/client-codedeploy";
import { fault } from "../faults.ts";
import { newDeploymentId } from "../random.ts";
import type { DeploymentRecord } from "../store/deployments.ts";
import { recordDeployment, requestOf } from "../store/record-deployment.ts";
import { minimumHealthyHostsOf } from "./deployment-configs.ts";
import { applicationOf, type CodeDeployOperations, type Context, date, deploymentOf, groupOf } from "./context.ts";
import { page } from "./page.ts";
import { checkRevision } from "./revision-location.ts";

/** The operations on deployments (api.md §2.7). */
export const deploymentOperations: CodeDeployOperations = {
  async CreateDeployment(context, input) {
    const { store, clock, wake } = context;
    const revision = checkRevision(input.revision);
    refuseUnserved(input);
    const id = newDeploymentId();
    await store.write(() => {
      const application = applicationOf(context, input.applicationName);
      const group = groupOf(context, application, input.deploymentGroupName);
      const deploymentConfigName = input.deploymentConfigName ?? group.settings.deploymentConfigName;
      const minimumHealthyHosts = minimumHealthyHostsOf(store, deploymentConfigName);
      const active = store.deployments.liveOf(group.id);
      if (active !== undefined)
        throw fault(
          "DeploymentLimitExceeded",
          `The Deployment Group '${group.name}' already has an active Deployment '${active}'`,
        );
      recordDeployment(store, {
        id,
        now: clock(),
        group,
        minimumHealthyHosts,
        ignoreApplicationStopFailures: input.ignoreApplicationStopFailures ?? false,
        request: requestOf(group, {
          creator: "user",
          revision,
          deploymentConfigName,
          fileExistsBehavior: input.fileExistsBehavior ?? "DISALLOW",
          ...(input.description === undefined ? {} : { description: input.description }),
        }),
      });
    });
    wake(id);
    return { deploymentId: id };
  },

  GetDeployment: (context, { deploymentId }) => ({
    deploymentInfo: infoOf(context, deploymentOf(context, deploymentId)),
  }),

  // Unknown ids are left out: the operation lists no fault for them (api.md §2.2).
  BatchGetDeployments: (context, { deploymentIds = [] }) => ({
    deploymentsInfo: deploymentIds.flatMap((id) => {
      const record = context.store.deployments.byId(id);
      return record === undefined ? [] : [infoOf(context, record)];
    }),
  }),

  ListDeployments(
    context,
    { applicationName, deploymentGroupName, externalId, includeOnlyStatuses = [], createTimeRange, nextToken },
  ) {
    if (externalId !== undefined) throw fault("InvalidExternalId", `No deployment has the external id "${externalId}"`);
    if (applicationName !== undefined && deploymentGroupName === undefined)
      throw fault("DeploymentGroupNameRequired", "applicationName needs deploymentGroupName beside it");
    if (applicationName === undefined && deploymentGroupName !== undefined)
      throw fault("ApplicationNameRequired", "deploymentGroupName needs applicationName beside it");
    const group =
      applicationName === undefined
        ? undefined
        : groupOf(context, applicationOf(context, applicationName), deploymentGroupName);
    const { start, end } = createTimeRange ?? {};
    if (start !== undefined && end !== undefined && end < start)
      throw fault("InvalidTimeRange", "createTimeRange ends before it starts");
    const ids = context.store.deployments.list({
      ...(group === undefined ? {} : { groupId: group.id }),
      ...(includeOnlyStatuses.length === 0 ? {} : { statuses: includeOnlyStatuses }),
      ...(start === undefined ? {} : { createdFrom: start.getTime() }),
      ...(end === undefined ? {} : { createdTo: end.getTime() }),
    });
    const { items, nextToken: token } = page(ids, nextToken);
    return { deployments: items, nextToken: token };
  },

  async StopDeployment(context, { deploymentId = "" }) {
    const { store, clock, wake } = context;
    await store.write(() => {
      const { state } = deploymentOf(context, deploymentId);
      // A stop that is repeated after it has taken effect is no error: that is how callers learn of it (api.md §2.7).
      if (isOver(state) && state.stopRequestedAt === undefined)
        throw fault("DeploymentAlreadyCompleted", `The deployment ${deploymentId} has already completed`);
      if (!isOver(state)) store.deployments.requestStop(deploymentId, clock());
    });
    wake(deploymentId);
    if (isOver(deploymentOf(context, deploymentId).state))
      return {
        status: "Succeeded",
        statusMessage: "No more commands will be scheduled for execution in the deployment instances",
      };
    return { status: "Pending", statusMessage: "Commands that instances have picked up are still running" };
  },
};

function refuseUnserved(input: {
  targetInstances?: unknown;
  autoRollbackConfiguration?: { enabled?: boolean | undefined } | undefined;
  overrideAlarmConfiguration?: { enabled?: boolean | undefined } | undefined;
  updateOutdatedInstancesOnly?: boolean | undefined;
}): void {
  if (input.targetInstances !== undefined)
    throw fault("InvalidTargetInstances", "targetInstances is only for blue/green deployments");
  if (input.autoRollbackConfiguration?.enabled === true)
    throw fault("InvalidAutoRollbackConfig", "Automatic rollbacks are not served by this control plane");
  if (input.overrideAlarmConfiguration?.enabled === true)
    throw fault("InvalidAlarmConfig", "Alarms are not served by this control plane");
  if (input.updateOutdatedInstancesOnly === true)
    throw fault(
      "InvalidUpdateOutdatedInstancesOnlyValue",
      "Deployments to outdated instances only are not served by this control plane",
    );
}

/** A deployment as AWS shows it (api.md §3.3). */
function infoOf({ store }: Context, { id, applicationId, groupId, request, state }: DeploymentRecord) {
  const { status, createTime, startTime, completeTime, error, ignoreApplicationStopFailures } = state;
  return {
    applicationName: store.applications.byId(applicationId)?.name,
    deploymentGroupName: store.groups.byId(groupId)?.name ?? request.groupName,
    deploymentConfigName: request.deploymentConfigName,
    deploymentId: id,
    previousRevision: request.previousRevision,
    revision: request.revision,
    status,
    errorInformation: error && { code: error.code as ErrorCode, message: error.message }, // the engine's codes are AWS's
    createTime: date(createTime),
    startTime: date(startTime),
    completeTime: date(completeTime),
    deploymentOverview: startTime === undefined ? undefined : deploymentOverview(store.deployments.targets(id)),
    description: request.description,
    creator: "user" as const,
    ignoreApplicationStopFailures,
    updateOutdatedInstancesOnly: request.updateOutdatedInstancesOnly,
    autoRollbackConfiguration: { enabled: false },
    deploymentStyle: { deploymentType: "IN_PLACE" as const, deploymentOption: "WITHOUT_TRAFFIC_CONTROL" as const },
    instanceTerminationWaitTimeStarted: false,
    fileExistsBehavior: request.fileExistsBehavior,
    deploymentStatusMessages: [],
    computePlatform: "Server" as const,
  };
}
