import type { Clients } from "./clients.ts";

/** The two transitions that a deployment group may be told of. */
export type Transition = "launch" | "termination";

/** A hook that a deployment group has on an Auto Scaling group. */
export interface ManagedHook {
  readonly scalingGroup: string;
  readonly transition: Transition;
  readonly name: string;
}

/** Seconds until a lifecycle action that nobody tells of is over (deployments.md §6.1). */
const heartbeatTimeoutSeconds = 600;

const settings = {
  launch: { LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", DefaultResult: "ABANDON" },
  termination: { LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", DefaultResult: "CONTINUE" },
} as const satisfies Record<Transition, object>;

/** The name of a new hook (deployments.md §6.1; that of the termination hook is inferred). Names of hooks have fewer characters than names of groups: the others are left out. */
export const hookName = (transition: Transition, groupName: string, unique: string): string =>
  `CodeDeploy-managed-automatic-${transition === "launch" ? "launch" : "termination"}-deployment-hook-${groupName.replace(/[^A-Za-z0-9-]/g, "")}-${unique}`;

/** Whether a hook is one that deployment groups install. */
export const isManagedHook = (name: string | undefined): boolean =>
  name?.startsWith("CodeDeploy-managed-automatic-") === true;

/** Installs a hook, or puts it right. The group's id is its metadata. */
export async function putHook(clients: Clients, hook: ManagedHook, groupId: string): Promise<void> {
  const { PutLifecycleHookCommand } = await import("@aws-sdk/client-auto-scaling");
  await (
    await clients.scaling()
  ).send(
    new PutLifecycleHookCommand({
      AutoScalingGroupName: hook.scalingGroup,
      LifecycleHookName: hook.name,
      HeartbeatTimeout: heartbeatTimeoutSeconds,
      NotificationMetadata: groupId,
      ...settings[hook.transition],
    }),
  );
}

/** Removes a hook; one that is not there, or whose group is gone, needs nothing. */
export async function deleteHook(clients: Clients, { scalingGroup, name }: ManagedHook): Promise<void> {
  const { DeleteLifecycleHookCommand } = await import("@aws-sdk/client-auto-scaling");
  const command = new DeleteLifecycleHookCommand({ AutoScalingGroupName: scalingGroup, LifecycleHookName: name });
  try {
    await (await clients.scaling()).send(command);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ValidationError") throw error;
  }
}

/** The names of a group's hooks. */
export async function hooksOf(clients: Clients, AutoScalingGroupName: string): Promise<readonly string[]> {
  const { DescribeLifecycleHooksCommand } = await import("@aws-sdk/client-auto-scaling");
  const answer = await (await clients.scaling()).send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }));
  return (answer.LifecycleHooks ?? []).flatMap(({ LifecycleHookName }) => LifecycleHookName ?? []);
}
