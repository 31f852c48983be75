import type { ProbeResult } from "./configuration.ts";

/** What checks say about a target. It is stored with the target. */
export interface Health {
  readonly state: "initial" | "healthy" | "unhealthy";
  /** Of the last check that failed. */
  readonly trouble?: { readonly reason: string; readonly description: string } | undefined;
  /** Checks in a row with the same result. */
  readonly passes: number;
  readonly failures: number;
}

/** The health of a target before its first check. */
export const unchecked: Health = { state: "initial", passes: 0, failures: 0 };

/** Returns the health after one more check. One passed check is enough for a new target; afterwards it takes `healthy` or `unhealthy` in a row to change it. */
export function afterProbe(
  { state, passes, failures }: Health,
  outcome: ProbeResult,
  { healthy, unhealthy }: { readonly healthy: number; readonly unhealthy: number },
): Health {
  if (outcome.passed) {
    const isHealthy = state !== "unhealthy" || passes + 1 >= healthy;
    return { state: isHealthy ? "healthy" : state, passes: passes + 1, failures: 0 };
  }
  const { reason, description } = outcome;
  const isUnhealthy = state === "unhealthy" || failures + 1 >= unhealthy;
  return {
    state: isUnhealthy ? "unhealthy" : state,
    trouble: { reason, description },
    passes: 0,
    failures: failures + 1,
  };
}
