import type { DeploymentKind } from "../world.ts";

// How long a deployment waits for what (deployments.md §2.3). All in milliseconds.
const minute = 60_000;
const hour = 60 * minute;

/** From an event's turn until the host acknowledges it. */
export const pickUpLimit = 5 * minute;

/** How long an idle agent may be silent before that is reported: it polls without a pause. */
export const silenceLimit = minute / 2;

/** From the acknowledgement of an event until its outcome: all its scripts together. */
export const eventLimit = hour;

/**
 * From the first command to a host that may still be booting until it acknowledges it: instances that Auto Scaling has
 * launched, and replacement instances.
 */
export const firstContactLimit = hour;

/** A step that the service itself does. */
export const stepLimit = hour;

/** How often Auto Scaling gets a heartbeat for a lifecycle action (deployments.md §6.2). */
export const heartbeatInterval = 5 * minute;

/** A whole deployment. 109 hours are two waits of 48 hours, and 13 events. */
export const deploymentLimits = {
  "in-place": 8 * hour,
  "blue-green": 109 * hour,
  reroute: 8 * hour,
  launch: 8 * hour,
  termination: 8 * hour,
  // Two days of shifting and two hooks (deployments.md §2.3).
  lambda: 50 * hour,
  // The wait for ContinueDeployment, two days each of shifting and of waiting for the end, eight events (inferred).
  ecs: (120 + 48 + 48 + 8) * hour,
} as const satisfies Record<DeploymentKind, number>;

/** The most targets that one deployment may have (deployments.md §9.2). */
export const targetsMax = 1000;
