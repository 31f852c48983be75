import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRequest } from "../store/deployments/records.ts";

/** The members that a deployment always has from its group. */
type GroupMember =
  | "groupName"
  | "serviceRoleArn"
  | "loadBalancerInfo"
  | "blueGreenDeploymentConfiguration"
  | "previousRevision";

type OwnRequest = Pick<DeploymentRequest, "creator" | "revision" | "fileExistsBehavior"> &
  Partial<Omit<DeploymentRequest, GroupMember>>;

/** Returns the request of a new deployment: its own members, and its group's settings for everything else. */
export function requestOf({ name, settings, targetRevision }: DeploymentGroup, own: OwnRequest): DeploymentRequest {
  return {
    ...own,
    groupName: name,
    deploymentConfigName: own.deploymentConfigName ?? settings.deploymentConfigName,
    serviceRoleArn: settings.serviceRoleArn,
    updateOutdatedInstancesOnly: own.updateOutdatedInstancesOnly ?? false,
    loadBalancerInfo: settings.loadBalancerInfo,
    blueGreenDeploymentConfiguration: settings.blueGreenDeploymentConfiguration,
    autoRollbackConfiguration: own.autoRollbackConfiguration ?? settings.autoRollbackConfiguration,
    alarmConfiguration: own.alarmConfiguration ?? settings.alarmConfiguration,
    previousRevision: targetRevision,
    deploymentStyle: own.deploymentStyle ?? {
      deploymentType: settings.deploymentStyle?.deploymentType ?? "IN_PLACE",
      deploymentOption: settings.deploymentStyle?.deploymentOption ?? "WITHOUT_TRAFFIC_CONTROL",
    },
  };
}
