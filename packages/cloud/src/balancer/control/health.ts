import type { ProbeOutcome } from "./configuration.ts";

/** What checks say of a target. */
export interface Health {
  readonly state: "initial" | "healthy" | "unhealthy";
  /** Of the last check that failed. */
  readonly trouble?: { readonly reason: string; readonly description: string };
  /** Checks in a row that ended alike. */
  readonly passes: number;
  readonly failures: number;
}

/** A target of which nothing is known. */
export const unchecked: Health = { state: "initial", passes: 0, failures: 0 };

/** The health after one more check. One passed check is enough for a newcomer; afterwards it takes a row of them to change. */
export function afterProbe(
  { state, passes, failures }: Health,
  outcome: ProbeOutcome,
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
