import type { Clients } from "./clients.ts";

/** The two transitions of an instance of which a deployment group may be notified. */
export type Transition = "launch" | "termination";

/** A hook that a deployment group has on an Auto Scaling group. */
export interface ManagedHook {
  readonly scalingGroup: string;
  readonly transition: Transition;
  readonly name: string;
}

/** Seconds until a lifecycle action without a heartbeat times out (deployments.md §6.1). */
const heartbeatTimeoutSeconds = 600;

const settings = {
  launch: { LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", DefaultResult: "ABANDON" },
  termination: { LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", DefaultResult: "CONTINUE" },
} as const satisfies Record<Transition, object>;

/**
 * Returns the name of a new hook (deployments.md §6.1; that of the termination hook is inferred). Hook names allow
 * fewer characters than names of deployment groups: the others are left out.
 */
export const hookName = (transition: Transition, groupName: string, unique: string): string =>
  `CodeDeploy-managed-automatic-${transition === "launch" ? "launch" : "termination"}-deployment-hook-${groupName.replace(/[^A-Za-z0-9-]/g, "")}-${unique}`;

/** Whether a hook is one that deployment groups install. */
export const isManagedHook = (name: string | undefined): boolean =>
  name?.startsWith("CodeDeploy-managed-automatic-") === true;

/** Installs or updates a hook. The deployment group's id is its metadata. */
export async function putHook(clients: Clients, hook: ManagedHook, groupId: string): Promise<void> {
  const autoScaling = await clients.autoScaling();
  await autoScaling.putLifecycleHook({
    AutoScalingGroupName: hook.scalingGroup,
    LifecycleHookName: hook.name,
    HeartbeatTimeout: heartbeatTimeoutSeconds,
    NotificationMetadata: groupId,
    ...settings[hook.transition],
  });
}

/** Removes a hook. It is not an error if the hook, or its Auto Scaling group, does not exist. */
export async function deleteHook(clients: Clients, { scalingGroup, name }: ManagedHook): Promise<void> {
  const autoScaling = await clients.autoScaling();
  try {
    await autoScaling.deleteLifecycleHook({ AutoScalingGroupName: scalingGroup, LifecycleHookName: name });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ValidationError") throw error;
  }
}

/** Returns the names of the hooks of an Auto Scaling group. */
export async function hooksOf(clients: Clients, AutoScalingGroupName: string): Promise<readonly string[]> {
  const autoScaling = await clients.autoScaling();
  const { LifecycleHooks = [] } = await autoScaling.describeLifecycleHooks({ AutoScalingGroupName });
  return LifecycleHooks.flatMap(({ LifecycleHookName }) => LifecycleHookName ?? []);
}
