import { deploymentLimit } from "./time-limits.ts";
import type { World } from "./world.ts";

/** When a deployment has taken as long as it may, in milliseconds since the epoch. */
export const overdueAt = ({ deployment, now }: World): number => (deployment.startTime ?? now) + deploymentLimit;

/** Whether the deployment has taken as long as it may. */
export const isOverdue = (world: World): boolean => world.now >= overdueAt(world);

/** Whether nothing new may begin: somebody has asked to stop, or the time is over. */
export const isEnding = (world: World): boolean => world.deployment.stopRequestedAt !== undefined || isOverdue(world);
