/** AWS's statuses of a deployment. */
export type DeploymentStatus = "Created" | "Queued" | "InProgress" | "Baking" | "Ready" | Outcome;

/** How a deployment ends. */
export type Outcome = "Succeeded" | "Failed" | "Stopped";

/** AWS's statuses of a target. */
export type TargetStatus = "Pending" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Skipped" | "Unknown";

/** AWS's statuses of a lifecycle event. */
export type EventStatus = "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped" | "Unknown";

/** EC2's states of an instance. */
export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** Why a deployment failed or was stopped, as the API shows it. */
export interface ErrorInformation {
  readonly code: string;
  readonly message: string;
}
