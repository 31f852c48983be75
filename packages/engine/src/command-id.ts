import type { LifecycleEventName } from "./appspec/index.ts";

/** The id of a command: the same for the same event of the same target, so that it can only ever be issued once. */
export const commandId = (deploymentId: string, targetId: string, event: LifecycleEventName): string =>
  `${deploymentId}/${targetId}/${event}`;

/** The target in the id of a command of this deployment. */
export const targetIn = (deploymentId: string, commandId: string): string =>
  commandId.slice(deploymentId.length + 1, commandId.lastIndexOf("/"));
