import type { BlueGreenDeploymentConfiguration } from "@aws-sdk/client-codedeploy";

const minute = 60_000;

/** How long a blue/green deployment waits, in milliseconds, and what becomes of what it replaces. */
export interface BlueGreenWaits {
  /** Undefined: nobody has to continue the deployment. */
  readonly readyWait?: number | undefined;
  readonly originals: "TERMINATE" | "KEEP_ALIVE";
  readonly terminationWait: number;
}

/** The waits of a deployment group. */
export function blueGreenWaits({
  deploymentReadyOption,
  terminateBlueInstancesOnDeploymentSuccess: ending,
}: BlueGreenDeploymentConfiguration = {}): BlueGreenWaits {
  const { actionOnTimeout = "CONTINUE_DEPLOYMENT", waitTimeInMinutes = 0 } = deploymentReadyOption ?? {};
  return {
    readyWait: actionOnTimeout === "STOP_DEPLOYMENT" ? waitTimeInMinutes * minute : undefined,
    originals: ending?.action ?? "TERMINATE",
    terminationWait: (ending?.terminationWaitTimeInMinutes ?? 0) * minute,
  };
}
