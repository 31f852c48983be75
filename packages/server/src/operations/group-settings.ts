import type { CreateDeploymentGroupInput, EC2TagFilter } from "@aws-sdk/client-codedeploy";
import { fault } from "../faults.ts";
import type { GroupSettings } from "../store/deployment-groups.ts";
import type { Store } from "../store/index.ts";
import { minimumHealthyHostsOf } from "./deployment-configs.ts";

/** What a group may be given; an update gives some of it. */
export type GivenSettings = Partial<Omit<CreateDeploymentGroupInput, "applicationName" | "deploymentGroupName">>;

const tagSetsMax = 3;
const tagsMax = 10;

/** The settings after a change: what is absent stays, what is present replaces (api.md §2.6, UpdateDeploymentGroup). */
export function changeSettings(store: Store, before: GroupSettings, given: GivenSettings): GroupSettings {
  refuseUnserved(given);
  if (given.deploymentConfigName !== undefined) minimumHealthyHostsOf(store, given.deploymentConfigName);
  const { ec2TagFilters, ec2TagSet, ...others } = before;
  return {
    ...others,
    ...selectors({ ec2TagFilters, ec2TagSet }, given),
    deploymentConfigName: given.deploymentConfigName ?? before.deploymentConfigName,
    serviceRoleArn: given.serviceRoleArn ?? before.serviceRoleArn,
    outdatedInstancesStrategy: given.outdatedInstancesStrategy ?? before.outdatedInstancesStrategy,
  };
}

type Selectors = { readonly [Key in "ec2TagFilters" | "ec2TagSet"]?: GroupSettings[Key] | undefined };

function selectors(before: Selectors, given: GivenSettings): Pick<GroupSettings, "ec2TagFilters" | "ec2TagSet"> {
  const flat = given.ec2TagFilters;
  const sets = given.ec2TagSet?.ec2TagSetList;
  if ((flat?.length ?? 0) > 0 && (sets?.length ?? 0) > 0)
    throw fault(
      "InvalidEC2TagCombination",
      "The request specified both Ec2TagFilters and Ec2TagSet, but only one of these data types can be used in a single call.",
    );
  if ((sets?.length ?? 0) > tagSetsMax)
    throw fault(
      "TagSetListLimitExceeded",
      `ec2TagSet has ${sets?.length} tag groups, and at most ${tagSetsMax} are allowed`,
    );
  const tags = [...(flat ?? []), ...(sets ?? []).flat()];
  if (tags.length > tagsMax * tagSetsMax || (flat?.length ?? 0) > tagsMax || sets?.some((set) => set.length > tagsMax))
    throw fault("InvalidEC2Tag", `A tag group has more than ${tagsMax} tags`);
  for (const tag of tags) checkFilter(tag);
  // Giving one form clears the other (inferred).
  if (sets !== undefined && (flat === undefined || flat.length === 0) && (sets.length > 0 || flat === undefined))
    return { ec2TagSet: sets };
  if (flat !== undefined) return { ec2TagFilters: flat };
  return {
    ...(before.ec2TagFilters === undefined ? {} : { ec2TagFilters: before.ec2TagFilters }),
    ...(before.ec2TagSet === undefined ? {} : { ec2TagSet: before.ec2TagSet }),
  };
}

function checkFilter({ Key, Value, Type = "KEY_AND_VALUE" }: EC2TagFilter): void {
  const refuse = (message: string) => fault("InvalidEC2Tag", message);
  if (!["KEY_AND_VALUE", "KEY_ONLY", "VALUE_ONLY"].includes(Type))
    throw refuse(`The type "${Type}" of a tag filter is not KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE`);
  if (Type === "KEY_ONLY" && Value !== undefined) throw refuse("Values must not be provided for key-only filters.");
  if (Type === "VALUE_ONLY" && Key !== undefined) throw refuse("Keys must not be provided for value-only filters.");
  if (Type !== "VALUE_ONLY" && (Key ?? "") === "") throw refuse(`A filter of type ${Type} needs a key`);
  if (Type !== "KEY_ONLY" && Value === undefined) throw refuse(`A filter of type ${Type} needs a value`);
}

/** What this control plane does not carry out is refused, never stored and forgotten. */
function refuseUnserved(given: GivenSettings): void {
  const refuse = (name: string, what: string) => fault(name, `${what} not served by this control plane`);
  if (
    (given.onPremisesInstanceTagFilters?.length ?? 0) + (given.onPremisesTagSet?.onPremisesTagSetList?.length ?? 0) >
    0
  )
    throw refuse("InvalidTag", "On-premises instances are");
  if ((given.autoScalingGroups?.length ?? 0) > 0) throw refuse("InvalidAutoScalingGroup", "Auto Scaling groups are");
  if ((given.triggerConfigurations?.length ?? 0) > 0) throw refuse("InvalidTriggerConfig", "Triggers are");
  if (given.alarmConfiguration?.enabled === true || (given.alarmConfiguration?.alarms?.length ?? 0) > 0)
    throw refuse("InvalidAlarmConfig", "Alarms are");
  if (given.autoRollbackConfiguration?.enabled === true)
    throw refuse("InvalidAutoRollbackConfig", "Automatic rollbacks are");
  if (given.blueGreenDeploymentConfiguration !== undefined)
    throw refuse("InvalidBlueGreenDeploymentConfiguration", "Blue/green deployments are");
  const { deploymentType = "IN_PLACE", deploymentOption = "WITHOUT_TRAFFIC_CONTROL" } = given.deploymentStyle ?? {};
  if (deploymentType === "BLUE_GREEN" && deploymentOption === "WITHOUT_TRAFFIC_CONTROL")
    throw fault(
      "InvalidDeploymentStyle",
      "BLUE_GREEN deployment type not supported with WITHOUT_TRAFFIC_CONTROL option",
    );
  if (deploymentType !== "IN_PLACE" || deploymentOption !== "WITHOUT_TRAFFIC_CONTROL")
    throw refuse("InvalidDeploymentStyle", `Deployments of style ${deploymentType}, ${deploymentOption} are`);
  const { elbInfoList = [], targetGroupInfoList = [], targetGroupPairInfoList = [] } = given.loadBalancerInfo ?? {};
  if (elbInfoList.length + targetGroupInfoList.length + targetGroupPairInfoList.length > 0)
    throw refuse("InvalidLoadBalancerInfo", "Load balancers are");
  if ((given.ecsServices?.length ?? 0) > 0) throw refuse("InvalidECSService", "ECS services are");
  if (given.terminationHookEnabled === true) throw refuse("InvalidInput", "Termination hooks are");
}
