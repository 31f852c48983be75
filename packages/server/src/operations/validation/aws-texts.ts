import type { Fault } from "@sluice/aws-protocol";
import { fault } from "../../faults.ts";

/** Texts measured on the real service, and the fault that each comes with, which is mostly inferred (api.md §2.14). */
const texts = {
  minimumMissing: ["InvalidMinimumHealthyHostValue", "minimum healthy hosts argument is missing"],
  minimumNotForPlatform: [
    "InvalidMinimumHealthyHostValue",
    "minimum healthy hosts should be null for {platform} deployment configuration",
  ],
  minimumPercent: [
    "InvalidMinimumHealthyHostValue",
    "The value for the minimum healthy hosts with type of FLEET_PERCENT should be positive and less than 100",
  ],
  routingNotForServer: [
    "InvalidTrafficRoutingConfiguration",
    "Traffic routing configuration should be null for Server deployment configuration",
  ],
  routingMissing: [
    "InvalidTrafficRoutingConfiguration",
    "Traffic routing configuration cannot be null nor empty for deployment configurations on this platform.",
  ],
  routingOfOtherType: ["InvalidTrafficRoutingConfiguration", "{block}Configuration should be null for {type} type"],
  routingPercentage: ["InvalidTrafficRoutingConfiguration", "Valid traffic routing percentage is from 1 to 99"],
  canaryInterval: ["InvalidTrafficRoutingConfiguration", "Canary interval must be between 1 and 2880 minutes (2 days)"],
  linearInterval: [
    "InvalidTrafficRoutingConfiguration",
    "Total Traffic shifting intervals must be positive integers up to 2880 minutes (2 days)",
  ],
  zonalNotForPlatform: [
    "InvalidZonalDeploymentConfiguration",
    "Zonal deployments are only supported with EC2 deployments.",
  ],
  zonalPercent: [
    "InvalidZonalDeploymentConfiguration",
    "The value of the 'Minimum health hosts per zone' setting when configured with a 'Type' value of 'FLEET_PERCENT' must be positive and less than 100.",
  ],
  bothEc2Forms: [
    "InvalidEC2TagCombination",
    "The request specified both Ec2TagFilters and Ec2TagSet, but only one of these data types can be used in a single call.",
  ],
  bothOnPremisesForms: [
    "InvalidOnPremisesTagCombination",
    "The request specified both OnPremisesTagFilters and OnPremisesTagSet, but only one of these data types can be used in a single call.",
  ],
  ecsServicesOnServer: [
    "InvalidECSService",
    "Server Deployment Groups should not define a value for ecsServices, eksClusters, or targetGroupPairInfoList",
  ],
  styleOfPlatform: [
    "InvalidDeploymentStyle",
    "For {PLATFORM} deployment, the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.",
  ],
  blueGreenOnLambda: [
    "InvalidBlueGreenDeploymentConfiguration",
    "For Lambda deployment group, blueGreenDeploymentConfiguration can not be specified",
  ],
  blueGreenWithoutTraffic: [
    "InvalidDeploymentStyle",
    "BLUE_GREEN deployment type not supported with WITHOUT_TRAFFIC_CONTROL option",
  ],
  readyOptionMissing: [
    "InvalidBlueGreenDeploymentConfiguration",
    "Deployment ready option cannot be null for blue green deployment",
  ],
  terminateOptionMissing: [
    "InvalidBlueGreenDeploymentConfiguration",
    "Terminate blue instances on deployment success behaviour cannot be set to null for Blue Green deployments",
  ],
  continueWithWait: [
    "InvalidBlueGreenDeploymentConfiguration",
    "Deployment ready action cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is specified",
  ],
  stopWithoutWait: [
    "InvalidBlueGreenDeploymentConfiguration",
    "Deployment ready action cannot be set to STOP_DEPLOYMENT when timeout is set to 0 minutes.",
  ],
  terminationWait: [
    "InvalidBlueGreenDeploymentConfiguration",
    "Timeout for instance termination cannot be more than 2 days",
  ],
  copyNeedsOneGroup: [
    "InvalidBlueGreenDeploymentConfiguration",
    "Exactly one AutoScaling group must be specified when selecting the COPY_AUTO_SCALING_GROUP green fleet provisioning option.",
  ],
  rollbackWithoutEvents: [
    "InvalidAutoRollbackConfig",
    "Deployment Groups need to have at least one event specified when auto rollback is enabled",
  ],
  alarmsMissing: [
    "InvalidAlarmConfig",
    "Deployment Groups need to have at least one alarms attached if they are monitored.",
  ],
  duplicateTrigger: ["InvalidTriggerConfig", "Duplicate Trigger target name detected"],
  targetGroupName: [
    "InvalidLoadBalancerInfo",
    "The target group name {name} specified in targetGroupInfoList exceeds the maximum allowed length of 32 characters.",
  ],
  configOfOtherPlatform: [
    "InvalidDeploymentConfigName",
    "Compute platform of deployment config {config} does not match expected compute platform, correct compute platform should be {platform}.",
  ],
} as const satisfies Record<string, readonly [fault: string, text: string]>;

/** A fault with AWS's own text; `{places}` in it are filled with the values. */
export function awsFault(key: keyof typeof texts, values: Readonly<Record<string, string>> = {}): Fault {
  const [name, text] = texts[key];
  return fault(
    name,
    text.replace(/\{(\w+)\}/g, (_, place: string) => values[place] ?? ""),
  );
}

/** What a tag filter that is for keys only must not have. It comes with the fault of the filter's own kind. */
export const valuesForKeyOnly = "Values must not be provided for key-only filters.";

/** A member that a platform's groups can't have; each member has a fault of its own. */
export const notForPlatform = (platform: string, member: string): string =>
  `For ${platform.toUpperCase()} deployment group, ${member} can not be specified`;
