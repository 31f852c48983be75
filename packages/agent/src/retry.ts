import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "./error-text.ts";
import { AccessRefused, isTransient, RequestRefused, Throttled } from "./protocol/request-errors.ts";

/** The first pause and the longest one, in milliseconds: a server that restarts is met within a moment, one that is gone is not hammered. */
const firstMilliseconds = 100;
const longestMilliseconds = 30_000;

/** The first pause after a throttling error. */
const firstThrottledMilliseconds = 2_000;

/** Returns how long to wait after a number of failures in a row, in milliseconds. Half of it is random, so that hosts do not come back all at once. */
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

/** How long something is tried, in milliseconds. */
export interface RetryLimits {
  /** Since the last progress. */
  readonly withoutProgress: number;
  readonly total: number;
}

/** What an event of a deployment needs is tried for as long as an event may take, an hour, but for no more than five minutes without progress (docs/decisions/007). */
export const eventRetryLimits: RetryLimits = { withoutProgress: 5 * 60_000, total: 60 * 60_000 };

/** How something is tried again. */
export interface RetryOptions {
  readonly pauses: Pauses;
  readonly log: (line: string) => void;
  readonly limits?: RetryLimits | undefined;
  /** Whether another attempt may succeed. */
  readonly isRetryable?: ((error: unknown) => boolean) | undefined;
  /** Ends pauses; one last attempt follows. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, before the second attempt. */
  readonly onFirstFailure?: (() => void) | undefined;
  /** Milliseconds since an arbitrary moment. */
  readonly clock?: (() => number) | undefined;
}

const now = () => performance.now();

/** Tries until an attempt succeeds, fails for good, or a limit is reached. An attempt calls `progressed` when it gets further without succeeding. */
export async function withRetries<Result>(
  attempt: (progressed: () => void) => Promise<Result>,
  {
    pauses,
    log,
    limits = eventRetryLimits,
    isRetryable = isTransient,
    signal,
    onFirstFailure,
    clock = now,
  }: RetryOptions,
): Promise<Result> {
  const began = clock();
  let lastProgress = began;
  let failures = 0;
  let isFirst = true;
  const progressed = () => {
    lastProgress = clock();
    if (lastProgress - began > limits.total) throw givenUp(new Error("It came too slowly"), lastProgress - began);
    failures = 0;
  };
  for (;;) {
    try {
      return await attempt(progressed);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (signal?.aborted === true) throw new AgentStopping("The agent stops", { cause: error });
      if (isFirst) onFirstFailure?.();
      isFirst = false;
      failures += 1;
      const wait = pauses(failures, error);
      const next = clock() + wait;
      if (next - lastProgress > limits.withoutProgress || next - began > limits.total)
        throw givenUp(error, next - began);
      log(`Attempt ${failures} failed: ${messageOf(error)}`);
      await pause(wait, undefined, { signal }).catch(() => {}); // aborted: one last attempt
    }
  }
}

function givenUp(cause: unknown, milliseconds: number): Error {
  return new Error(`${messageOf(cause)} (given up after ${Math.round(milliseconds / 1000)} s)`, { cause });
}

/** How a call to the control plane is tried again. */
export interface CallRetryOptions {
  /** Called once. */
  readonly onFirstFailure?: (() => void) | undefined;
  /** Until the control plane has judged the call: that this host may not call, or cannot reach it, is no judgement. */
  readonly isEndless?: boolean | undefined;
}

/** Makes a call again while its error is transient. */
export type Retry = <Result>(call: () => Promise<Result>, options?: CallRetryOptions) => Promise<Result>;

/** The agent stops before the call succeeded: its next start takes it up again. */
export class AgentStopping extends Error {}

const endless: RetryLimits = { withoutProgress: Infinity, total: Infinity };

const isUnanswered = (error: unknown) => !(error instanceof RequestRefused) || error instanceof AccessRefused;

/** Returns a Retry that gives up when `signal` is aborted, after one last attempt, by throwing `AgentStopping`. */
export function retryUntil(
  signal: AbortSignal,
  { pauses, log, limits }: Pick<RetryOptions, "pauses" | "log" | "limits">,
): Retry {
  return (call, { onFirstFailure, isEndless = false } = {}) =>
    withRetries(call, {
      pauses,
      log,
      signal,
      onFirstFailure,
      limits: isEndless ? endless : limits,
      isRetryable: isEndless ? isUnanswered : isTransient,
    });
}
