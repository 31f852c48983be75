import type { DeploymentTarget, ECSTaskSet, InstanceSummary, LambdaFunctionInfo } from "@aws-sdk/client-codedeploy";
import { type Deployment, type LifecycleEvent, shiftOf, type Target, taskSetsOf } from "@sluice/engine";
import type { Application } from "../../store/applications.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import { date } from "../context.ts";

/** A target as AWS shows it, in the member of its platform (api.md §3.4). */
export function targetInfo(
  platform: Application["computePlatform"],
  { id: deploymentId, state }: DeploymentRecord,
  target: Target,
): DeploymentTarget {
  const { id, arn, label, status, lastUpdatedAt, events } = target;
  const common = {
    deploymentId,
    targetId: id,
    targetArn: arn,
    status,
    lastUpdatedAt: date(lastUpdatedAt),
    lifecycleEvents: events.map(eventInfo),
  };
  switch (platform) {
    case "Server":
      return { deploymentTargetType: "InstanceTarget", instanceTarget: { ...common, instanceLabel: label } };
    case "Lambda":
      return {
        deploymentTargetType: "LambdaTarget",
        lambdaTarget: { ...common, lambdaFunctionInfo: functionInfo(state, target) },
      };
    case "ECS":
      return { deploymentTargetType: "ECSTarget", ecsTarget: { ...common, taskSetsInfo: taskSetsInfo(state, target) } };
  }
}

function functionInfo(deployment: Deployment, target: Target): LambdaFunctionInfo | undefined {
  const shift = shiftOf(deployment, target);
  if (shift === undefined) return undefined;
  const { functionName, alias, currentVersion, targetVersion, percent } = shift;
  // The weight is a percentage (inferred).
  return { functionName, functionAlias: alias, currentVersion, targetVersion, targetVersionWeight: percent };
}

/** The weights are percentages (inferred); AWS spells the identifier so. */
const taskSetsInfo = (deployment: Deployment, target: Target): ECSTaskSet[] =>
  taskSetsOf(deployment, target).map((set) => ({
    identifer: set.id,
    desiredCount: set.desiredCount,
    pendingCount: set.pendingCount,
    runningCount: set.runningCount,
    status: set.status,
    trafficWeight: set.weight,
    targetGroup: { name: set.targetGroup },
    taskSetLabel: set.label,
  }));

/** The deprecated form: its instance id is the ARN (api.md §2.8). */
export const instanceSummary = (
  deploymentId: string,
  { arn, label, status, lastUpdatedAt, events }: Target,
): InstanceSummary => ({
  deploymentId,
  instanceId: arn,
  status,
  instanceType: label,
  lastUpdatedAt: date(lastUpdatedAt),
  lifecycleEvents: events.map(eventInfo),
});

const eventInfo = ({ name, status, startTime, endTime, diagnostics, command }: LifecycleEvent) => ({
  lifecycleEventName: name,
  // Unlike AWS: an event that the service itself runs shows what it waits for, such as a load balancer's health check.
  diagnostics:
    diagnostics ?? (status === "InProgress" && command?.progress ? { message: command.progress } : undefined),
  startTime: date(startTime),
  endTime: date(endTime),
  status,
});
