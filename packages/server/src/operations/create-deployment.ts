import type { CreateDeploymentInput, RevisionLocation, TargetInstances } from "@aws-sdk/client-codedeploy";
import type { MinimumHealthyHosts } from "@sluice/engine";
import { quotas } from "../limits.ts";
import { fault } from "../faults.ts";
import { newDeploymentId } from "../random.ts";
import type { Application } from "../store/applications.ts";
import type { DeploymentGroup, Ec2DeploymentOptions } from "../store/deployment-groups.ts";
import type { DeploymentRequest } from "../store/deployments/records.ts";
import { type NewDeployment, recordDeployment } from "../deployment/record-deployment.ts";
import { requestOf } from "../deployment/request.ts";
import { configFor } from "./deployment-configs.ts";
import { applicationOf, type CodeDeployOperations, type Context, groupOf } from "./context.ts";
import { checkAlarms, checkRollback } from "./validation/notifications.ts";
import { checkProcesses, checkScalingGroups } from "./validation/selectors.ts";
import { ecsPlanOf } from "../deployment/ecs-plan.ts";
import { lambdaPlanOf } from "../deployment/lambda-plan.ts";
import { checkRevision } from "./validation/revision-location.ts";
import { checkTagFilters } from "./validation/tag-filters.ts";
import { whyUnsupported } from "./validation/unsupported.ts";

/** The input; the table of shapes has a member that the SDK's types lack (api.md §10). */
export type CreateDeploymentRequest = CreateDeploymentInput & {
  readonly ec2DeploymentOptions?: Ec2DeploymentOptions | undefined;
};

/** Lambda and ECS have one target, so nothing has to stay healthy beside it. */
const oneTarget: MinimumHealthyHosts = { type: "HOST_COUNT", value: 0 };

/** The operation that begins a deployment (api.md §2.7). It records the request completely, and contacts nothing. */
export const createDeployment = {
  CreateDeployment: (context, input: CreateDeploymentRequest) =>
    beginDeployment(context, input, context.call.principal.arn),
} satisfies CodeDeployOperations;

/**
 * Records a deployment that somebody (`actor`, an ARN) asks for, and wakes it. `origin` is what its request says of where
 * it comes from.
 */
export async function beginDeployment(
  context: Context,
  input: CreateDeploymentRequest,
  actor: string,
  origin: Pick<DeploymentRequest, "retries"> = {},
): Promise<{ readonly deploymentId: string }> {
  const { store, wake } = context;
  const id = newDeploymentId();
  await store.write(() => {
    const { request, ...made } = deploymentAskedFor(context, input, id);
    refuseBusy(context, made.group);
    recordDeployment(store, { ...made, request: { ...request, ...origin }, actor });
  });
  wake(id);
  return { deploymentId: id };
}

/** Checks a request, and returns the deployment that it asks for; it is not recorded. */
export function deploymentAskedFor(context: Context, input: CreateDeploymentRequest, id: string): NewDeployment {
  const { store, clock } = context;
  if (input.revision === undefined && input.deploymentMode !== "RESTART")
    throw fault("RevisionRequired", 'The member "revision" is missing or empty');
  const application = applicationOf(context, input.applicationName);
  const group = groupOf(context, application, input.deploymentGroupName);
  const revision = revisionOf(application, group, input);
  checkOverrides(application, group, input);
  const { computePlatform } = application;
  const configName = input.deploymentConfigName ?? group.settings.deploymentConfigName;
  const { minimumHealthyHosts = oneTarget, zonalConfig, ...config } = configFor(store, configName, computePlatform);
  const planned = { revision, routing: config.trafficRoutingConfig };
  const lambda = computePlatform === "Lambda" ? lambdaPlanOf(store, group, planned) : undefined;
  const ecs = computePlatform === "ECS" ? ecsPlanOf(store, group, planned) : undefined;
  if (zonalConfig !== undefined) refuseZones(group, configName);
  const usesGitHubToken = isFetchedWithToken(context, application, revision);
  const request = {
    ...requestFor(group, input, { revision, configName, usesGitHubToken }),
    ...restartOf(context, group, input),
  };
  return {
    id,
    now: clock(),
    group,
    minimumHealthyHosts,
    ignoreApplicationStopFailures: input.ignoreApplicationStopFailures ?? false,
    request,
    zonalConfig,
    kind: (lambda && "lambda") ?? (ecs && "ecs"),
    lambda,
    ecs,
    processesToSuspend: input.ec2DeploymentOptions?.autoScalingGroupProcessesToSuspend,
    refusal: whyUnsupported(computePlatform, request),
  };
}

/** Returns the given revision; for a restart, the one of the group's last successful deployment. */
function revisionOf(
  { computePlatform }: Application,
  { settings, targetRevision, name }: DeploymentGroup,
  { deploymentMode, revision, updateOutdatedInstancesOnly }: CreateDeploymentRequest,
): RevisionLocation {
  if (deploymentMode !== "RESTART") return checkRevision(revision, computePlatform);
  if (computePlatform !== "Server")
    throw fault("InvalidComputePlatform", `deploymentMode RESTART is not for ${computePlatform} deployments`);
  if (settings.deploymentStyle?.deploymentType === "BLUE_GREEN")
    throw fault("InvalidInput", "deploymentMode RESTART is only for in-place deployments");
  if (revision !== undefined)
    throw fault("InvalidInput", "deploymentMode RESTART takes no revision: it is the one that was deployed last");
  if (updateOutdatedInstancesOnly === true)
    throw fault(
      "InvalidUpdateOutdatedInstancesOnlyValue",
      "deploymentMode RESTART is for all instances: updateOutdatedInstancesOnly must not be true",
    );
  if (targetRevision === undefined)
    throw fault("RevisionDoesNotExist", `The Deployment Group '${name}' has no successful deployment to restart`);
  return targetRevision;
}

/** Checks the members that override the group's settings. */
function checkOverrides(
  { computePlatform }: Application,
  { settings }: DeploymentGroup,
  input: CreateDeploymentRequest,
): void {
  if (input.targetInstances !== undefined) {
    if (computePlatform !== "Server" || settings.deploymentStyle?.deploymentType !== "BLUE_GREEN")
      throw fault("InvalidTargetInstances", "targetInstances is only for blue/green deployments to servers");
    checkTargetInstances(input.targetInstances);
  }
  if (computePlatform !== "Server" && input.updateOutdatedInstancesOnly === true)
    throw fault(
      "InvalidUpdateOutdatedInstancesOnlyValue",
      `updateOutdatedInstancesOnly must not be true for ${computePlatform} deployments`,
    );
  if (computePlatform !== "Server" && input.ignoreApplicationStopFailures === true)
    throw fault(
      "InvalidIgnoreApplicationStopFailuresValue",
      `ignoreApplicationStopFailures must not be true for ${computePlatform} deployments`,
    );
  checkRollback(input.autoRollbackConfiguration);
  checkAlarms(input.overrideAlarmConfiguration);
  checkProcesses(input.ec2DeploymentOptions, { ...settings, isServer: computePlatform === "Server" });
}

function checkTargetInstances({ tagFilters, ec2TagSet, autoScalingGroups }: TargetInstances): void {
  const sets = ec2TagSet?.ec2TagSetList;
  if ((tagFilters?.length ?? 0) > 0 && (sets?.length ?? 0) > 0)
    throw fault(
      "InvalidTargetInstances",
      "targetInstances has both tagFilters and ec2TagSet, but only one of them is allowed",
    );
  checkTagFilters("InvalidTargetInstances", tagFilters, sets, "InvalidTargetInstances");
  checkScalingGroups(autoScalingGroups ?? []);
}

/**
 * Zones are for in-place deployments (deployments.md §4.5 rule 7): a second fleet has no traffic of which a zone could
 * be relieved. The fault at this level is inferred.
 */
function refuseZones({ name, settings }: DeploymentGroup, configName: string | undefined): void {
  if (settings.deploymentStyle?.deploymentType === "BLUE_GREEN")
    throw fault(
      "InvalidZonalDeploymentConfiguration",
      `The deployment configuration "${configName}" goes zone by zone, which is only for in-place deployments: the deployment group "${name}" is blue/green`,
    );
}

/**
 * One active deployment per group, `quotas.deploymentsAtOnce` per account; Auto Scaling's count for the account only
 * (deployments.md §9.2).
 */
export function refuseBusy({ store }: Pick<Context, "store">, { id, name }: DeploymentGroup): void {
  const active = store.deployments.liveOf(id);
  if (active !== undefined)
    throw fault(
      "DeploymentLimitExceeded",
      `The Deployment Group '${name}' already has an active Deployment '${active}'`,
    );
  if (store.deployments.liveCount() >= quotas.deploymentsAtOnce)
    throw fault("DeploymentLimitExceeded", `More than ${quotas.deploymentsAtOnce} deployments at once are not allowed`);
}

function requestFor(
  group: DeploymentGroup,
  input: CreateDeploymentRequest,
  own: Pick<DeploymentRequest, "revision" | "usesGitHubToken"> & { readonly configName: string },
): DeploymentRequest {
  const { autoRollbackConfiguration, overrideAlarmConfiguration, targetInstances, description } = input;
  return requestOf(group, {
    creator: "user",
    revision: own.revision,
    usesGitHubToken: own.usesGitHubToken,
    deploymentConfigName: own.configName,
    fileExistsBehavior: input.fileExistsBehavior ?? "DISALLOW",
    updateOutdatedInstancesOnly: input.updateOutdatedInstancesOnly ?? false,
    description,
    targetInstances,
    autoRollbackConfiguration,
    overrideAlarmConfiguration,
    alarmConfiguration: overrideAlarmConfiguration,
  });
}

/** Whether a token is kept for the revision's repository. Permission to use it has been checked before. */
function isFetchedWithToken({ store }: Context, { id }: Application, { gitHubLocation }: RevisionLocation) {
  const { repository } = gitHubLocation ?? {};
  return repository === undefined ? undefined : store.githubTokens.keptFor(repository, id) !== undefined;
}

/** A restart runs every event of a deployment, on what the last successful one has left on the hosts. */
function restartOf(
  { store }: Context,
  group: DeploymentGroup,
  { deploymentMode }: CreateDeploymentRequest,
): Partial<DeploymentRequest> {
  if (deploymentMode !== "RESTART") return {};
  const last = store.deployments.lastOf(group.id, "Succeeded");
  return { deploymentMode, restarts: last?.id };
}
