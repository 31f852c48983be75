import { type Deployment, shiftOf, type Target, taskSetsOf } from "@sluice/engine";
import type { DeploymentHeader } from "../../contract.ts";

/** Where the traffic of a function or a service goes, in percent; undefined for servers, and before it is known. */
export function trafficOf(deployment: Deployment, [target]: readonly Target[]): DeploymentHeader["traffic"] {
  if (target === undefined) return undefined;
  if (deployment.kind === "ecs")
    return taskSetsOf(deployment, target).map(({ id, label, weight }) => ({
      label: `${label} ${id}`,
      percent: weight ?? 0,
    }));
  const shift = deployment.kind === "lambda" ? shiftOf(deployment, target) : undefined;
  if (shift === undefined) return undefined;
  return [
    { label: `version ${shift.currentVersion}`, percent: 100 - shift.percent },
    { label: `version ${shift.targetVersion}`, percent: shift.percent },
  ];
}
