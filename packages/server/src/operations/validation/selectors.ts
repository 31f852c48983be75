import type { CreateDeploymentGroupInput, ECSService } from "@aws-sdk/client-codedeploy";
import { quotas } from "../../limits.ts";
import { fault } from "../../faults.ts";
import type { Application } from "../../store/applications.ts";
import type { Ec2DeploymentOptions, GroupSettings } from "../../store/deployment-groups.ts";
import type { Store } from "../../store/index.ts";
import { awsFault, notForPlatform } from "./aws-texts.ts";
import { type AnyTagFilter, checkTagFilters } from "./tag-filters.ts";

/** The members of a group that select where it deploys. */
export type GivenSelectors = Partial<
  Pick<
    CreateDeploymentGroupInput,
    "ec2TagFilters" | "ec2TagSet" | "onPremisesInstanceTagFilters" | "onPremisesTagSet" | "autoScalingGroups"
  >
>;

/** Checks tag filters and Auto Scaling groups, and that the platform has them at all. */
export function checkSelectors(platform: Application["computePlatform"], given: GivenSelectors): void {
  const { ec2TagFilters: flat = [], onPremisesInstanceTagFilters: onPremisesFlat = [], autoScalingGroups = [] } = given;
  const sets = given.ec2TagSet?.ec2TagSetList ?? [];
  const onPremisesSets = given.onPremisesTagSet?.onPremisesTagSetList ?? [];
  if (platform !== "Server") {
    const members: readonly (readonly [member: string, fault: string, count: number])[] = [
      ["ec2TagFilters", "InvalidEC2Tag", flat.length],
      ["ec2TagSet", "InvalidEC2Tag", sets.length],
      ["onPremisesInstanceTagFilters", "InvalidTag", onPremisesFlat.length],
      ["onPremisesTagSet", "InvalidTag", onPremisesSets.length],
      ["autoScalingGroups", "InvalidAutoScalingGroup", autoScalingGroups.length],
    ];
    for (const [member, name, count] of members) if (count > 0) throw fault(name, notForPlatform(platform, member));
  }
  // Only lists with something in them count: clients send empty ones while they change from one form to the other.
  if (flat.length > 0 && sets.length > 0) throw awsFault("bothEc2Forms");
  if (onPremisesFlat.length > 0 && onPremisesSets.length > 0) throw awsFault("bothOnPremisesForms");
  checkTagFilters("InvalidEC2Tag", flat, sets);
  checkTagFilters("InvalidTag", onPremisesFlat, onPremisesSets);
  checkScalingGroups(autoScalingGroups);
}

/** Checks names of Auto Scaling groups. */
export function checkScalingGroups(names: readonly string[]): void {
  const refuse = (message: string) => fault("InvalidAutoScalingGroup", message);
  if (names.length > quotas.scalingGroupsPerGroup)
    throw refuse(
      `There are ${names.length} Auto Scaling groups, and at most ${quotas.scalingGroupsPerGroup} are allowed`,
    );
  for (const name of names)
    // oxlint-disable-next-line no-control-regex -- these are the characters that Auto Scaling refuses
    if (!/^[^\u0000-\u001f]{1,255}$/u.test(name))
      throw refuse(
        `"${name.slice(0, 255)}" is not the name of an Auto Scaling group: it must have 1 to 255 characters`,
      );
  if (new Set(names).size < names.length) throw refuse("An Auto Scaling group is named twice");
}

/** One family of tag filters: a flat list, or a set of lists. */
export interface TagFamily<Filter> {
  readonly flat: readonly Filter[] | undefined;
  readonly sets: readonly (readonly Filter[])[] | undefined;
}

/** A family after a change: giving one form with something in it clears the other (inferred). */
export function selectorsAfter<Filter extends AnyTagFilter>(
  before: TagFamily<Filter>,
  given: TagFamily<Filter>,
): TagFamily<Filter> {
  if ((given.flat?.length ?? 0) > 0) return { flat: given.flat, sets: undefined };
  if ((given.sets?.length ?? 0) > 0) return { flat: undefined, sets: given.sets };
  return { flat: given.flat ?? before.flat, sets: given.sets === undefined ? before.sets : undefined };
}

/** Checks the ECS service of a group: one service may be in one group only. */
export function checkEcsServices(
  { store, application, groupId }: { store: Store; application: Application; groupId: string },
  services: readonly ECSService[],
): void {
  if (services.length === 0) return;
  if (application.computePlatform === "Server") throw awsFault("ecsServicesOnServer");
  if (application.computePlatform === "Lambda")
    throw fault("InvalidECSService", notForPlatform(application.computePlatform, "ecsServices"));
  if (services.length > 1)
    throw fault("InvalidECSService", `There are ${services.length} ECS services, but only one is allowed`);
  for (const { serviceName = "", clusterName = "" } of services) {
    if (![serviceName, clusterName].every((name) => /^[A-Za-z0-9_:/-]{1,512}$/.test(name)))
      throw fault(
        "InvalidECSService",
        `The service "${serviceName.slice(0, 120)}" of the cluster "${clusterName.slice(0, 120)}" is not named well: each must be a name or an ARN`,
      );
    const other = store.groups.withEcsService(lastPart(serviceName), lastPart(clusterName), groupId);
    if (other !== undefined)
      throw fault(
        "ECSServiceMappingLimitExceeded",
        `The ECS service "${serviceName}" is already in the deployment group "${other}"`,
      );
  }
}

/** Checks that a group of an ECS application has what its deployments need (inferred: AWS's names for these faults are not known). */
export function checkEcsNeeds({ ecsServices = [], loadBalancerInfo }: GroupSettings): void {
  if (ecsServices.length === 0)
    throw fault("InvalidECSService", "Deployment groups of ECS applications need one service in ecsServices");
  if ((loadBalancerInfo?.targetGroupPairInfoList ?? []).length === 0)
    throw fault(
      "InvalidLoadBalancerInfo",
      "Deployment groups of ECS applications need a target group pair in loadBalancerInfo.targetGroupPairInfoList",
    );
}

/** Services and clusters are given by name or by ARN, which ends in the name. */
const lastPart = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);

const suspendable = ["Terminate", "AZRebalance", "InstanceRefresh", "ScheduledActions"];

/** Checks the processes of Auto Scaling that rest during a deployment (api.md §10). */
export function checkProcesses(
  given: Ec2DeploymentOptions | undefined,
  {
    isServer,
    deploymentStyle,
    autoScalingGroups = [],
  }: Pick<GroupSettings, "deploymentStyle" | "autoScalingGroups"> & { readonly isServer: boolean },
): void {
  const refuse = (message: string) => fault("InvalidAutoScalingGroupProcessToSuspend", message);
  const processes = given?.autoScalingGroupProcessesToSuspend ?? [];
  const unknown = processes.find((process) => !suspendable.includes(process));
  if (unknown !== undefined)
    throw refuse(`"${unknown.slice(0, 120)}" cannot be suspended; it must be one of ${suspendable.join(", ")}`);
  if (processes.length === 0) return;
  if (!isServer || deploymentStyle?.deploymentType === "BLUE_GREEN")
    throw refuse("Processes can be suspended only for in-place deployments to servers");
  if (autoScalingGroups.length === 0)
    throw refuse("Processes can be suspended only if the deployment group names an Auto Scaling group");
}
