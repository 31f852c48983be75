/**
 * What the exit codes of commands about deployments mean: scripts rely on them, so they stay. Anything else that goes
 * wrong is 1.
 */
export const exitCodes = {
  ok: 0,
  /** The command was understood, and the deployment has failed or was stopped, or would. */
  deploymentFailed: 3,
} as const;
