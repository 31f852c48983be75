import { setTimeout as pause } from "node:timers/promises";
import { RequestRefused, Throttled } from "./protocol/command-service.ts";

/** The pause after the first failure and the longest one, in milliseconds: a server that restarts is met within a moment, one that is gone is not hammered. */
const firstMilliseconds = 100;
const longestMilliseconds = 30_000;

/** The first pause of who was told that there are too many requests. */
const firstThrottledMilliseconds = 2_000;

/** How long to wait after a number of failures in a row, in milliseconds. A random half keeps hosts from coming all at once. */
export type Pauses = (failures: number, error: unknown) => number;

/** Pauses that double from one failure to the next. */
export function doublingPauses({ longestThrottledSeconds }: { longestThrottledSeconds: number }): Pauses {
  return (failures, error) => {
    const [first, longest] =
      error instanceof Throttled
        ? [firstThrottledMilliseconds, longestThrottledSeconds * 1000]
        : [firstMilliseconds, longestMilliseconds];
    const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
    return full / 2 + (Math.random() * full) / 2;
  };
}

/** Calls again until the call is answered; a refusal is an answer. `onFirstFailure` is told once. */
export type Retry = <Answer>(call: () => Promise<Answer>, onFirstFailure?: () => void) => Promise<Answer>;

/** The agent stops before the call was answered: what it was about is taken up again at the next start. */
export class Stopping extends Error {}

/** A Retry that gives up when `signal` is aborted, after one last attempt, by throwing `Stopping`. */
export function retryUntil(
  signal: AbortSignal,
  { pauses, log }: { pauses: Pauses; log: (line: string) => void },
): Retry {
  return async (call, onFirstFailure) => {
    for (let failures = 1; ; failures += 1) {
      try {
        return await call();
      } catch (error) {
        if (error instanceof RequestRefused) throw error;
        if (signal.aborted) throw new Stopping("The agent stops", { cause: error });
        if (failures === 1) onFirstFailure?.();
        log(`Attempt ${failures} failed: ${error instanceof Error ? error.message : String(error)}`);
        await pause(pauses(failures, error), undefined, { signal }).catch(() => {}); // aborted: one last attempt
      }
    }
  };
}
