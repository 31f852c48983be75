import { failed, type Progress } from "../workflows/workflow.ts";
import { manualStop, timeout } from "../messages/messages.ts";
import { deploymentLimits } from "./time-limits.ts";
import type { World } from "../world.ts";

/** How long the whole deployment may take, in milliseconds. */
export function deploymentLimit({ deployment }: World): number {
  // Time in which zones are only watched is not the deployment's (inferred).
  const watched = deployment.holds.filter(({ name }) => name.startsWith("monitor "));
  return watched.reduce((sum, { from, until }) => sum + until - from, deploymentLimits[deployment.kind]);
}

/** When a deployment has taken as long as it may, in milliseconds since the epoch. */
export const overdueAt = (world: World): number => (world.deployment.startTime ?? world.now) + deploymentLimit(world);

/** Whether the deployment has taken as long as it may. */
export const isOverdue = (world: World): boolean => world.now >= overdueAt(world);

/** Whether nothing new may begin: somebody has asked to stop, an alarm has, what it was made of is missing, or the time is over. */
export const isEnding = (world: World): boolean => endingOf(world) !== undefined;

/** Why a deployment must end from outside, whatever its workflow says. */
export function endingOf(world: World): (Progress & { readonly is: "failed" }) | undefined {
  const { deployment } = world;
  if (isOverdue(world)) return ending("Failed", timeout(deploymentLimit(world) / 3_600_000));
  if (deployment.stopRequestedAt !== undefined) return ending("Stopped", manualStop);
  if (deployment.stopping !== undefined) return ending(deployment.stopping.as ?? "Stopped", deployment.stopping.error);
  return undefined;
}

/** Whether an end from outside has left a target undone: then the deployment has not succeeded, although so many failures would be forgiven. */
export function isCutShort(world: World): boolean {
  const { stopRequestedAt = Number.POSITIVE_INFINITY, stopping } = world.deployment;
  const since = Math.min(stopRequestedAt, stopping?.at ?? Number.POSITIVE_INFINITY, overdueAt(world));
  return world.targets.some(
    ({ status, lastUpdatedAt }) => (status === "Failed" || status === "Skipped") && lastUpdatedAt >= since,
  );
}

const ending = (as: "Failed" | "Stopped", error: (Progress & { is: "failed" })["error"]) => ({
  ...failed(error),
  is: "failed" as const,
  as,
  error,
});
