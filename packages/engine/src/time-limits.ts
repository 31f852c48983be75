// How long a deployment waits for what (deployments.md §2.3). All in milliseconds.
const minute = 60_000;
const hour = 60 * minute;

/** From an event's turn until the host picks it up. */
export const pickUpLimit = 5 * minute;

/** From the pick-up of an event until its outcome: all its scripts together. */
export const eventLimit = hour;

/** A whole in-place deployment. */
export const deploymentLimit = 8 * hour;

/** Targets that one deployment may have (deployments.md §9.2). */
export const targetsMax = 1000;
