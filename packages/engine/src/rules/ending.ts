import { failed, type Progress } from "../workflows/workflow.ts";
import { manualStop, timeout } from "../messages/messages.ts";
import { deploymentLimits } from "./time-limits.ts";
import type { Deployment, Outcome, World } from "../world.ts";

/** Whether a deployment has ended: nothing can happen to it any more. */
export const isOver = <Some extends Pick<Deployment, "status">>(
  deployment: Some,
): deployment is Some & { readonly status: Outcome } =>
  deployment.status === "Succeeded" || deployment.status === "Failed" || deployment.status === "Stopped";

/** How long a deployment may take, in milliseconds. */
export function deploymentLimit({ deployment }: World): number {
  // Time in which zones are only watched is not the deployment's (inferred).
  const watched = deployment.holds.filter(({ name }) => name.startsWith("monitor "));
  return watched.reduce((sum, { from, until }) => sum + until - from, deploymentLimits[deployment.kind]);
}

/** When a deployment has taken as long as it may, in milliseconds since the epoch. */
export const overdueAt = (world: World): number => (world.deployment.startTime ?? world.now) + deploymentLimit(world);

/** Whether the deployment has taken as long as it may. */
export const isOverdue = (world: World): boolean => world.now >= overdueAt(world);

/**
 * Whether nothing new may begin: a stop was requested, an alarm is active, its application or group has been deleted,
 * or its time is over.
 */
export const isEnding = (world: World): boolean => endingOf(world) !== undefined;

/** Why the deployment has to end, whatever its workflow says; undefined while it may go on. */
export function endingOf(world: World): (Progress & { readonly is: "failed" }) | undefined {
  const { deployment } = world;
  if (isOverdue(world)) return ending("Failed", timeout(deploymentLimit(world) / 3_600_000));
  if (deployment.stopRequestedAt !== undefined) return ending("Stopped", manualStop);
  if (deployment.stopping !== undefined) return ending(deployment.stopping.as ?? "Stopped", deployment.stopping.error);
  return undefined;
}

/**
 * True if a stop or a timeout cut a target short; then the deployment has not succeeded, even within its failure
 * allowance.
 */
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
