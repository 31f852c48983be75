import type { ErrorCode } from "@aws-sdk/client-codedeploy";
import { deploymentOverview, isOver, rollbackMessages, silentHosts } from "@sluice/engine";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import { type Context, date, platformOf } from "../context.ts";
import { withoutContent } from "../revisions.ts";

/** A deployment as AWS shows it (api.md §3.3). */
export function deploymentInfo(context: Context, record: DeploymentRecord) {
  const { store } = context;
  const { id, applicationId, groupId, request, state } = record;
  const { error, processesToSuspend } = state;
  const messages = messagesOf(context, record);
  return {
    applicationName: store.applications.byId(applicationId)?.name,
    deploymentGroupName: store.groups.byId(groupId)?.name ?? request.groupName,
    deploymentConfigName: request.deploymentConfigName,
    deploymentId: id,
    previousRevision: request.previousRevision && withoutContent(request.previousRevision),
    revision: withoutContent(request.revision),
    status: state.status,
    errorInformation: error && { code: error.code as ErrorCode, message: error.message }, // the engine's codes are AWS's
    createTime: date(state.createTime),
    startTime: date(state.startTime),
    completeTime: date(state.completeTime),
    deploymentOverview: overviewOf(context, record),
    description: request.description,
    creator: request.creator,
    ignoreApplicationStopFailures: state.ignoreApplicationStopFailures,
    autoRollbackConfiguration: request.autoRollbackConfiguration ?? { enabled: false },
    updateOutdatedInstancesOnly: request.updateOutdatedInstancesOnly,
    rollbackInfo: rollbackInfo(context, record),
    deploymentStyle: request.deploymentStyle,
    targetInstances: request.targetInstances,
    instanceTerminationWaitTimeStarted: state.holds.some(({ name }) => name === "TERMINATION_WAIT"),
    blueGreenDeploymentConfiguration: request.blueGreenDeploymentConfiguration,
    loadBalancerInfo: request.loadBalancerInfo,
    additionalDeploymentStatusInfo: messages.length === 0 ? undefined : messages.join("\n"),
    fileExistsBehavior: request.fileExistsBehavior,
    deploymentMode: request.deploymentMode,
    deploymentStatusMessages: [...messages],
    computePlatform: platformOf(context, record),
    externalId: request.externalId,
    relatedDeployments: relatedDeployments(context, record),
    overrideAlarmConfiguration: request.overrideAlarmConfiguration,
    ec2DeploymentOptions:
      processesToSuspend === undefined ? undefined : { autoScalingGroupProcessesToSuspend: processesToSuspend },
  };
}

/** Returns the messages for people: the deployment's notes, and the silent hosts for which it waits. */
function messagesOf({ store, clock, lastSeen }: Context, { id, state }: DeploymentRecord): readonly string[] {
  if (isOver(state) || state.kind === "lambda" || state.kind === "ecs") return state.notes;
  const waiting = silentHosts({
    now: clock(),
    deployment: state,
    targets: store.deployments.targets(id),
    reports: [],
    instanceStates: {},
    lastSeen: ({ hostIdentifier }) => lastSeen(hostIdentifier),
  });
  return [...state.notes, ...waiting];
}

/** Counters are there once there are targets; for ECS only at the end (deployments.md §3.4). */
function overviewOf(context: Context, record: DeploymentRecord) {
  const { id, state } = record;
  if (state.startTime === undefined || (platformOf(context, record) === "ECS" && !isOver(state))) return undefined;
  return deploymentOverview(context.store.deployments.targets(id));
}

/** A deployment that was rolled back names its rollback; a rollback names what it rolls back (deployments.md §8.3). */
function rollbackInfo({ store }: Context, { id, state, request: { rollbackOf } }: DeploymentRecord) {
  if (rollbackOf !== undefined)
    return { rollbackTriggeringDeploymentId: rollbackOf.deploymentId, rollbackMessage: rollbackOf.message };
  const by = store.deployments.rolledBackBy(id);
  if (by !== undefined) return { rollbackDeploymentId: by, rollbackMessage: rollbackMessages(id, by).onEnded };
  return state.rollbackMessage === undefined ? undefined : { rollbackMessage: state.rollbackMessage };
}

/** A follow-up for outdated instances names its root; the root names its follow-ups. */
function relatedDeployments({ store }: Context, { id, request: { follows } }: DeploymentRecord) {
  if (follows !== undefined) return { autoUpdateOutdatedInstancesRootDeploymentId: follows };
  const followers = store.deployments.followersOf(id);
  return followers.length === 0 ? undefined : { autoUpdateOutdatedInstancesDeploymentIds: [...followers] };
}
