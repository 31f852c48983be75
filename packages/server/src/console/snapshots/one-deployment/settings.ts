import type { DeploymentRecord } from "../../../store/deployments/records.ts";
import type { GroupSettings } from "../../../store/deployment-groups.ts";
import { ruleInWords } from "./healthy-hosts.ts";

/** A setting as a sentence. */
interface Setting {
  readonly name: string;
  readonly text: string;
}

const setting = (name: string, text: string | undefined): readonly Setting[] =>
  text === undefined || text === "" ? [] : [{ name, text }];

/** The settings that are in force for a deployment, in sentences. */
export function settingsOf({ request, state }: DeploymentRecord): readonly Setting[] {
  const { deploymentStyle, alarmConfiguration, autoRollbackConfiguration, loadBalancerInfo, targetInstances } = request;
  const isToServers = state.kind !== "lambda" && state.kind !== "ecs";
  return [
    ...setting(
      "Configuration",
      `${request.deploymentConfigName}${isToServers ? `: ${ruleInWords(state.minimumHealthyHosts)}` : ""}`,
    ),
    ...setting(
      "Zones",
      state.zonal && `one after the other, ${ruleInWords(state.zonal.minimumHealthyHostsPerZone)} in each`,
    ),
    ...setting("Style", styleInWords(deploymentStyle)),
    ...setting("Traffic", balancersInWords(loadBalancerInfo)),
    ...setting("Alarms", alarmsInWords(alarmConfiguration)),
    ...setting("Rollback", rollbackInWords(autoRollbackConfiguration)),
    ...setting("Files that are there already", isToServers ? request.fileExistsBehavior : undefined),
    ...setting("Targets", request.updateOutdatedInstancesOnly ? "only those without this revision" : undefined),
    ...setting("Chosen instances", targetInstances && "those that the deployment itself has named"),
    ...setting("ApplicationStop", state.ignoreApplicationStopFailures ? "its failures are ignored" : undefined),
  ];
}

/** How a group deploys, in sentences. */
export function groupSettings(settings: GroupSettings, rule: string | undefined): readonly Setting[] {
  const tags = (settings.ec2TagSet ?? [settings.ec2TagFilters ?? []]).filter((set) => set.length > 0);
  const ofHosts = (settings.onPremisesTagSet ?? [settings.onPremisesInstanceTagFilters ?? []]).filter(
    (set) => set.length > 0,
  );
  return [
    ...setting("Configuration", `${settings.deploymentConfigName}${rule === undefined ? "" : `: ${rule}`}`),
    ...setting("EC2 instances", tagsInWords(tags)),
    ...setting("On-premises instances", tagsInWords(ofHosts)),
    ...setting("Auto Scaling groups", (settings.autoScalingGroups ?? []).join(", ")),
    ...setting(
      "ECS services",
      (settings.ecsServices ?? []).map(({ clusterName, serviceName }) => `${clusterName}/${serviceName}`).join(", "),
    ),
    ...setting("Style", settings.deploymentStyle && styleInWords(settings.deploymentStyle)),
    ...setting("Traffic", balancersInWords(settings.loadBalancerInfo)),
    ...setting("Alarms", alarmsInWords(settings.alarmConfiguration)),
    ...setting("Rollback", rollbackInWords(settings.autoRollbackConfiguration)),
    ...setting(
      "Outdated instances",
      settings.outdatedInstancesStrategy === "IGNORE" ? "stay as they are" : "are updated after a deployment",
    ),
    ...setting(
      "Triggers",
      (settings.triggerConfigurations ?? [])
        .map(({ triggerName = "", triggerEvents = [] }) => `${triggerName}: ${triggerEvents.join(", ")}`)
        .join("; "),
    ),
    ...setting(
      "Termination",
      settings.terminationHookEnabled === true ? "Auto Scaling waits for the scripts of ApplicationStop" : undefined,
    ),
  ];
}

const tagsInWords = (
  sets: readonly (readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[])[],
) => sets.map((set) => set.map(({ Key = "any", Value = "any" }) => `${Key}=${Value}`).join(" or ")).join(", and ");

const styleInWords = ({
  deploymentType,
  deploymentOption,
}: {
  readonly deploymentType?: string | undefined;
  readonly deploymentOption?: string | undefined;
}) =>
  `${deploymentType === "BLUE_GREEN" ? "blue/green" : "in place"}, ${deploymentOption === "WITH_TRAFFIC_CONTROL" ? "with" : "without"} traffic control`;

function balancersInWords(info: GroupSettings["loadBalancerInfo"]): string | undefined {
  const names = [
    ...(info?.targetGroupInfoList ?? []).map(({ name = "" }) => `target group ${name}`),
    ...(info?.elbInfoList ?? []).map(({ name = "" }) => `load balancer ${name}`),
    ...(info?.targetGroupPairInfoList ?? []).map(
      ({ targetGroups = [] }) => `target groups ${targetGroups.map(({ name = "" }) => name).join(" and ")}`,
    ),
  ];
  return names.length === 0 ? undefined : names.join(", ");
}

function alarmsInWords(alarms: GroupSettings["alarmConfiguration"]): string | undefined {
  if (alarms?.enabled !== true) return undefined;
  return `${(alarms.alarms ?? []).map(({ name = "" }) => name).join(", ")} stop it`;
}

function rollbackInWords(rollback: GroupSettings["autoRollbackConfiguration"]): string {
  if (rollback?.enabled !== true) return "not by itself";
  return `by itself on ${(rollback.events ?? []).join(", ")}`;
}
