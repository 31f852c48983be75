import { disruptionBudget, type MinimumHealthyHosts, type Target } from "@sluice/engine";
import type { DeploymentHeader } from "../../contract.ts";
import type { DeploymentRecord } from "../../../store/deployments/records.ts";

/** The rule of healthy hosts that bounds a deployment to servers, with what is left of it; undefined for others. */
export function disruptionOf(
  { state, request }: DeploymentRecord,
  targets: readonly Target[],
): DeploymentHeader["minimumHealthy"] {
  if (state.kind === "lambda" || state.kind === "ecs" || targets.length === 0) return undefined;
  const { minimumHealthy, unavailable } = disruptionBudget(state.minimumHealthyHosts, targets.length);
  const count = (wanted: Target["status"]) => targets.filter(({ status }) => status === wanted).length;
  const failed = count("Failed");
  return {
    text: `${request.deploymentConfigName}: ${ruleInWords(state.minimumHealthyHosts)}; of ${targets.length} at least ${minimumHealthy} must stay healthy`,
    hosts: minimumHealthy,
    healthyNow: targets.length - failed - count("InProgress") - count("Unknown"),
    failuresLeft: Math.max(0, unavailable - failed),
  };
}

/** A rule of healthy hosts as people say it. */
export function ruleInWords({ type, value }: MinimumHealthyHosts): string {
  switch (type) {
    case "HOST_COUNT":
      return `${value} hosts stay healthy`;
    case "FLEET_PERCENT":
      return value === 0 ? "all at once" : `${value} percent stay healthy`;
    case "MOST_CONCURRENCY":
      return value === 1 ? "one at a time" : `at most ${value} at a time`;
  }
}
