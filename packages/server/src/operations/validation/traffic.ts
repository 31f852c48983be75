import type {
  BlueGreenDeploymentConfiguration,
  DeploymentStyle,
  LoadBalancerInfo,
  TargetGroupPairInfo,
} from "@aws-sdk/client-codedeploy";
import { quotas } from "../../limits.ts";
import { fault } from "../../faults.ts";
import type { Application } from "../../store/applications.ts";
import { awsFault, notForPlatform } from "./aws-texts.ts";

type Platform = Application["computePlatform"];

/** The style of a group that was given none (deployments.md §1). */
export const defaultStyle = (platform: Platform): Required<DeploymentStyle> =>
  platform === "Server"
    ? { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" }
    : { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" };

/** Checks type and option, each by itself and together. */
export function checkStyle(platform: Platform, given: DeploymentStyle = {}): DeploymentStyle {
  const { deploymentType = "IN_PLACE", deploymentOption = "WITHOUT_TRAFFIC_CONTROL" } = given;
  if (deploymentType !== "IN_PLACE" && deploymentType !== "BLUE_GREEN")
    throw fault("InvalidDeploymentStyle", `The type "${String(deploymentType)}" is not IN_PLACE or BLUE_GREEN`);
  if (deploymentOption !== "WITH_TRAFFIC_CONTROL" && deploymentOption !== "WITHOUT_TRAFFIC_CONTROL")
    throw fault(
      "InvalidDeploymentStyle",
      `The option "${String(deploymentOption)}" is not WITH_TRAFFIC_CONTROL or WITHOUT_TRAFFIC_CONTROL`,
    );
  const isControlled = deploymentOption === "WITH_TRAFFIC_CONTROL";
  if (platform !== "Server" && (deploymentType !== "BLUE_GREEN" || !isControlled))
    throw awsFault("styleOfPlatform", { PLATFORM: platform.toUpperCase() });
  if (deploymentType === "BLUE_GREEN" && !isControlled) throw awsFault("blueGreenWithoutTraffic");
  return { deploymentType, deploymentOption };
}

/** Two days, in minutes. AWS's table says 2800; its API text and measurement say this. */
const terminationMinutesMax = 2880;

/** Checks the blue/green configuration whenever it is given, whatever the style is (api.md §2.14). */
export function checkBlueGreen(
  platform: Platform,
  given: BlueGreenDeploymentConfiguration,
  autoScalingGroups: readonly string[],
): void {
  const { deploymentReadyOption, terminateBlueInstancesOnDeploymentSuccess: ending } = given;
  if (platform === "Lambda") throw awsFault("blueGreenOnLambda");
  checkReadyOption(deploymentReadyOption);
  if (ending === undefined) throw awsFault("terminateOptionMissing");
  oneOf("terminateBlueInstancesOnDeploymentSuccess.action", ending.action, ["TERMINATE", "KEEP_ALIVE"]);
  const wait = minutes("terminationWaitTimeInMinutes", ending.terminationWaitTimeInMinutes);
  if (wait > terminationMinutesMax) throw awsFault("terminationWait");
  const provisioning = given.greenFleetProvisioningOption?.action;
  if (given.greenFleetProvisioningOption === undefined) return;
  if (platform === "ECS")
    throw refuse("greenFleetProvisioningOption is only for Server deployment groups, but this group is for ECS");
  oneOf("greenFleetProvisioningOption.action", provisioning, ["DISCOVER_EXISTING", "COPY_AUTO_SCALING_GROUP"]);
  if (provisioning === "COPY_AUTO_SCALING_GROUP" && autoScalingGroups.length !== 1) throw awsFault("copyNeedsOneGroup");
}

function checkReadyOption(given: BlueGreenDeploymentConfiguration["deploymentReadyOption"]): void {
  if (given === undefined) throw awsFault("readyOptionMissing");
  oneOf("deploymentReadyOption.actionOnTimeout", given.actionOnTimeout, ["CONTINUE_DEPLOYMENT", "STOP_DEPLOYMENT"]);
  const wait = minutes("waitTimeInMinutes", given.waitTimeInMinutes);
  if (given.actionOnTimeout === "CONTINUE_DEPLOYMENT" && wait > 0) throw awsFault("continueWithWait");
  if (given.actionOnTimeout === "STOP_DEPLOYMENT" && wait === 0) throw awsFault("stopWithoutWait");
}

const refuse = (message: string) => fault("InvalidBlueGreenDeploymentConfiguration", message);

function oneOf(member: string, value: string | undefined, values: readonly string[]): void {
  if (!values.includes(value ?? ""))
    throw refuse(`"${member}" is "${(value ?? "").slice(0, 120)}", and must be one of ${values.join(", ")}`);
}

/** An absent wait is none. */
function minutes(member: string, value: number | undefined): number {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0))
    throw refuse(`"${member}" is ${value}, and must be a whole number of at least 0`);
  return value ?? 0;
}

/** Checks the load balancers of a group by name; whether they exist shows when it deploys. */
export function checkLoadBalancers(platform: Platform, given: LoadBalancerInfo, isBlueGreen: boolean): void {
  const {
    elbInfoList: classic = [],
    targetGroupInfoList: targetGroups = [],
    targetGroupPairInfoList: pairs = [],
  } = given;
  if (platform === "Lambda" && classic.length + targetGroups.length + pairs.length > 0)
    throw fault("InvalidLoadBalancerInfo", notForPlatform(platform, "loadBalancerInfo"));
  if (platform === "ECS" && classic.length + targetGroups.length > 0)
    throw fault("InvalidLoadBalancerInfo", "Deployment groups of ECS applications have target group pairs only");
  for (const [member, list] of [
    ["elbInfoList", classic],
    ["targetGroupInfoList", targetGroups],
  ] as const) {
    if (list.length > quotas.balancersPerList)
      throw fault(
        "InvalidLoadBalancerInfo",
        `"${member}" has ${list.length} items, and at most ${quotas.balancersPerList} are allowed`,
      );
    for (const { name = "" } of list) checkBalancerName(member, name);
  }
  if (pairs.length > 1)
    throw fault("InvalidTargetGroupPair", `There are ${pairs.length} target group pairs, but only one is allowed`);
  for (const pair of pairs) checkPair(pair);
  if (platform === "Server" && isBlueGreen && classic.length + targetGroups.length === 0)
    throw fault(
      "InvalidLoadBalancerInfo",
      "A blue/green deployment group needs a load balancer or a target group in loadBalancerInfo",
    );
}

const balancerCharactersMax = 32;

function checkBalancerName(member: string, name: string): void {
  if (name.length > balancerCharactersMax && member === "targetGroupInfoList")
    throw awsFault("targetGroupName", { name: name.slice(0, 200) });
  if (!/^[A-Za-z0-9-]{1,255}$/.test(name))
    throw fault(
      "InvalidLoadBalancerInfo",
      `"${member}" has the name "${name.slice(0, 120)}", which must be letters, digits and -`,
    );
}

function checkPair({ targetGroups = [], prodTrafficRoute, testTrafficRoute }: TargetGroupPairInfo): void {
  const refusePair = (message: string) => fault("InvalidTargetGroupPair", message);
  if (targetGroups.length !== 2)
    throw refusePair(
      `A target group pair has ${targetGroups.length} target ${targetGroups.length === 1 ? "group" : "groups"}, and must have two`,
    );
  const [first, second] = targetGroups;
  if (first?.name === second?.name)
    throw refusePair(
      `A target group pair has two different target groups, and both of these are "${first?.name ?? ""}"`,
    );
  for (const { name = "" } of targetGroups)
    if (name === "" || name.length > balancerCharactersMax)
      throw refusePair(`"${name.slice(0, 120)}" is not the name of a target group`);
  if (prodTrafficRoute?.listenerArns?.length !== 1) throw refusePair("prodTrafficRoute must have exactly one listener");
  if (testTrafficRoute !== undefined && testTrafficRoute.listenerArns?.length !== 1)
    throw refusePair("testTrafficRoute must have exactly one listener, if it is given");
  for (const arn of [...prodTrafficRoute.listenerArns, ...(testTrafficRoute?.listenerArns ?? [])])
    if (!/^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]*:\d*:listener\/.+$/.test(arn))
      throw refusePair(`"${arn.slice(0, 200)}" is not the ARN of a listener`);
}
