import type { CreateDeploymentGroupInput } from "@aws-sdk/client-codedeploy";
import { defaultConfigs } from "../../ambiguities.ts";
import { fault } from "../../faults.ts";
import type { Application } from "../../store/applications.ts";
import type { Ec2DeploymentOptions, GroupSettings } from "../../store/deployment-groups.ts";
import type { Store } from "../../store/index.ts";
import { configFor } from "../deployment-configs.ts";
import { checkAlarms, checkRollback, checkTriggers } from "./notifications.ts";
import { checkEcsNeeds, checkEcsServices, checkProcesses, checkSelectors, selectorsAfter } from "./selectors.ts";
import { checkBlueGreen, checkLoadBalancers, checkStyle, defaultStyle } from "./traffic.ts";

/**
 * The settings in a request. An update has only some of them. The table of shapes has a member that the SDK's types
 * lack (api.md §10).
 */
export type GivenSettings = Partial<Omit<CreateDeploymentGroupInput, "applicationName" | "deploymentGroupName">> & {
  readonly ec2DeploymentOptions?: Ec2DeploymentOptions | undefined;
};

/** The group that is created or changed. */
export interface SettingsOf {
  readonly store: Store;
  readonly application: Application;
  readonly groupId: string;
}

/** Returns the default settings of a new group. */
export const settingsAtFirst = (platform: Application["computePlatform"], serviceRoleArn: string): GroupSettings => ({
  deploymentConfigName: defaultConfigs[platform],
  serviceRoleArn,
  outdatedInstancesStrategy: "UPDATE",
  deploymentStyle: defaultStyle(platform),
});

/**
 * Returns the settings after a change, or throws the fault for it: absent members stay, present ones replace
 * (api.md §2.6, UpdateDeploymentGroup).
 */
export function changeSettings(of: SettingsOf, before: GroupSettings, given: GivenSettings): GroupSettings {
  const { store, application } = of;
  const { computePlatform: platform } = application;
  checkSelectors(platform, given);
  const after = merge(before, given);
  const { deploymentType } = checkStyle(platform, after.deploymentStyle);
  if (given.blueGreenDeploymentConfiguration !== undefined)
    checkBlueGreen(platform, given.blueGreenDeploymentConfiguration, after.autoScalingGroups ?? []);
  else if (platform === "ECS" && after.blueGreenDeploymentConfiguration === undefined)
    throw fault(
      "InvalidBlueGreenDeploymentConfiguration",
      "Deployment groups of ECS applications need a blueGreenDeploymentConfiguration",
    );
  if (given.loadBalancerInfo !== undefined || given.deploymentStyle !== undefined)
    checkLoadBalancers(platform, after.loadBalancerInfo ?? {}, deploymentType === "BLUE_GREEN");
  checkTriggers(given.triggerConfigurations ?? []);
  checkAlarms(given.alarmConfiguration);
  checkRollback(given.autoRollbackConfiguration);
  checkEcsServices(of, given.ecsServices ?? []);
  if (platform === "ECS") checkEcsNeeds(after);
  checkProcesses(given.ec2DeploymentOptions, { ...after, isServer: platform === "Server" });
  if (given.terminationHookEnabled === true && platform !== "Server")
    throw fault(
      "InvalidInput",
      `terminationHookEnabled is only for Server deployment groups, but this group is for ${platform}`,
    );
  configFor(store, after.deploymentConfigName, platform);
  return after;
}

/** Members that are replaced as a whole. */
const replaced = [
  "deploymentConfigName",
  "serviceRoleArn",
  "autoScalingGroups",
  "outdatedInstancesStrategy",
  "loadBalancerInfo",
  "blueGreenDeploymentConfiguration",
  "triggerConfigurations",
  "alarmConfiguration",
  "autoRollbackConfiguration",
  "ecsServices",
  "terminationHookEnabled",
  "ec2DeploymentOptions",
] as const satisfies readonly (keyof GroupSettings & keyof GivenSettings)[];

function merge(before: GroupSettings, given: GivenSettings): GroupSettings {
  const { ec2TagFilters, ec2TagSet, onPremisesInstanceTagFilters, onPremisesTagSet, ...others } = before;
  const ec2 = selectorsAfter(
    { flat: ec2TagFilters, sets: ec2TagSet },
    { flat: given.ec2TagFilters, sets: given.ec2TagSet?.ec2TagSetList ?? (given.ec2TagSet && []) },
  );
  const onPremises = selectorsAfter(
    { flat: onPremisesInstanceTagFilters, sets: onPremisesTagSet },
    {
      flat: given.onPremisesInstanceTagFilters,
      sets: given.onPremisesTagSet?.onPremisesTagSetList ?? (given.onPremisesTagSet && []),
    },
  );
  const style = { ...before.deploymentStyle, ...given.deploymentStyle };
  return {
    ...others,
    ...Object.fromEntries(replaced.filter((name) => given[name] !== undefined).map((name) => [name, given[name]])),
    deploymentStyle: style,
    ec2TagFilters: ec2.flat,
    ec2TagSet: ec2.sets,
    onPremisesInstanceTagFilters: onPremises.flat,
    onPremisesTagSet: onPremises.sets,
  };
}
