import type { Application } from "../../store/applications.ts";
import type { DeploymentGroup, GroupSettings } from "../../store/deployment-groups.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import type { ScalingHook } from "../../store/scaling-hooks.ts";
import { type Context, date } from "../context.ts";

/** A group as AWS shows it: unset members as AWS fills them (api.md §3.2). */
export function groupInfo({ store }: Context, application: Application, group: DeploymentGroup) {
  const { id, name, settings, targetRevision } = group;
  const { ec2DeploymentOptions, autoScalingGroups = [], triggerConfigurations = [], ecsServices } = settings;
  const hooks = store.scaling.of(id);
  return {
    applicationName: application.name,
    deploymentGroupId: id,
    deploymentGroupName: name,
    deploymentConfigName: settings.deploymentConfigName,
    serviceRoleArn: settings.serviceRoleArn,
    ...selectorsShown(settings),
    autoScalingGroups: autoScalingGroups.map((scalingGroup) => ({
      name: scalingGroup,
      hook: hookName(hooks, scalingGroup, "launch"),
      terminationHook: hookName(hooks, scalingGroup, "termination"),
    })),
    triggerConfigurations: [...triggerConfigurations],
    alarmConfiguration: { enabled: false, ignorePollAlarmFailure: false, alarms: [], ...settings.alarmConfiguration },
    // Recorded: groups for servers show this when it is unset, the others do not.
    autoRollbackConfiguration:
      settings.autoRollbackConfiguration ?? (application.computePlatform === "Server" ? { enabled: false } : undefined),
    deploymentStyle: settings.deploymentStyle,
    outdatedInstancesStrategy: settings.outdatedInstancesStrategy,
    blueGreenDeploymentConfiguration: blueGreenShown(application, settings),
    loadBalancerInfo: settings.loadBalancerInfo,
    lastSuccessfulDeployment: lastInfo(store.deployments.lastOf(id, "Succeeded")),
    lastAttemptedDeployment: lastInfo(store.deployments.lastOf(id)),
    ecsServices: ecsServices && [...ecsServices],
    computePlatform: application.computePlatform,
    terminationHookEnabled: settings.terminationHookEnabled ?? false,
    targetRevision,
    ec2DeploymentOptions,
  };
}

/** Tag members mirror how the group was made: flat lists, possibly empty, or sets. */
function selectorsShown(settings: GroupSettings) {
  const { ec2TagFilters, ec2TagSet, onPremisesInstanceTagFilters, onPremisesTagSet } = settings;
  const isEc2Set = ec2TagSet !== undefined || (ec2TagFilters === undefined && onPremisesTagSet !== undefined);
  const isOnPremisesSet =
    onPremisesTagSet !== undefined || (onPremisesInstanceTagFilters === undefined && ec2TagSet !== undefined);
  return {
    ...(isEc2Set
      ? { ec2TagSet: { ec2TagSetList: (ec2TagSet ?? []).map((set) => [...set]) } }
      : { ec2TagFilters: [...(ec2TagFilters ?? [])] }),
    ...(isOnPremisesSet
      ? { onPremisesTagSet: { onPremisesTagSetList: (onPremisesTagSet ?? []).map((set) => [...set]) } }
      : { onPremisesInstanceTagFilters: [...(onPremisesInstanceTagFilters ?? [])] }),
  };
}

const hookName = (hooks: readonly ScalingHook[], name: string, kind: ScalingHook["transition"]): string | undefined =>
  hooks.find(({ scalingGroup, transition }) => scalingGroup === name && transition === kind)?.name;

/** For ECS both waits are always numbers: clients add them without a check (api.md §3.2). */
function blueGreenShown({ computePlatform }: Application, { blueGreenDeploymentConfiguration: given }: GroupSettings) {
  if (given === undefined || computePlatform !== "ECS") return given;
  return {
    ...given,
    deploymentReadyOption: { waitTimeInMinutes: 0, ...given.deploymentReadyOption },
    terminateBlueInstancesOnDeploymentSuccess: {
      terminationWaitTimeInMinutes: 0,
      ...given.terminateBlueInstancesOnDeploymentSuccess,
    },
  };
}

function lastInfo(record: DeploymentRecord | undefined) {
  if (record === undefined) return undefined;
  const { status, createTime, completeTime } = record.state;
  return { deploymentId: record.id, status, createTime: date(createTime), endTime: date(completeTime) };
}
