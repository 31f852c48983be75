import type { ErrorInformation } from "@sluice/engine";
import type { Application } from "../../store/applications.ts";
import type { DeploymentRequest } from "../../store/deployments/records.ts";

/**
 * Returns why a valid deployment is not supported: it is recorded as Failed with this reason. All such reasons are
 * here.
 */
export function whyUnsupported(
  platform: Application["computePlatform"],
  { deploymentStyle, blueGreenDeploymentConfiguration, loadBalancerInfo }: DeploymentRequest,
): ErrorInformation | undefined {
  if (platform !== "Server") return undefined;
  if (deploymentStyle.deploymentType === "BLUE_GREEN" && blueGreenDeploymentConfiguration === undefined)
    return {
      code: "MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION",
      message: "The deployment group is blue/green, and has no blueGreenDeploymentConfiguration",
    };
  const balancers = [...(loadBalancerInfo?.elbInfoList ?? []), ...(loadBalancerInfo?.targetGroupInfoList ?? [])];
  if (deploymentStyle.deploymentOption === "WITH_TRAFFIC_CONTROL" && balancers.length === 0)
    return {
      code: "MISSING_ELB_INFORMATION",
      message: "The deployment group controls traffic, and has no load balancer in its loadBalancerInfo",
    };
  return undefined;
}
