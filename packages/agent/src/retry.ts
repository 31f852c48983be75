import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "./error-text.ts";
import { AccessRefused, mayPass, RequestRefused, Throttled } from "./protocol/troubles.ts";

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

/** How long something is tried, in milliseconds. */
export interface Patience {
  /** Since the last progress. */
  readonly withoutProgress: number;
  /** In all. */
  readonly inAll: number;
}

/** What an event of a deployment needs is tried for as long as an event may take, an hour, but not when nothing has come of it for five minutes (docs/decisions/007). */
export const eventPatience: Patience = { withoutProgress: 5 * 60_000, inAll: 60 * 60_000 };

/** How something is tried again. */
export interface Trying {
  readonly pauses: Pauses;
  readonly log: (line: string) => void;
  readonly patience?: Patience | undefined;
  /** Whether another attempt may end otherwise. */
  readonly isWorthwhile?: ((error: unknown) => boolean) | undefined;
  /** Ends pauses; one last attempt follows. */
  readonly signal?: AbortSignal | undefined;
  /** Told once, before the second attempt. */
  readonly onFirstFailure?: (() => void) | undefined;
  /** Milliseconds since whenever. */
  readonly clock?: (() => number) | undefined;
}

const now = () => performance.now();

/** Tries until an attempt succeeds, fails for good, or patience ends. Attempts that get further without succeeding say so by `progressed`. */
export async function keepTrying<Answer>(
  attempt: (progressed: () => void) => Promise<Answer>,
  { pauses, log, patience = eventPatience, isWorthwhile = mayPass, signal, onFirstFailure, clock = now }: Trying,
): Promise<Answer> {
  const began = clock();
  let last = began;
  let failures = 0;
  let isFirst = true;
  const progressed = () => {
    last = clock();
    if (last - began > patience.inAll) throw givenUp(new Error("It came too slowly"), last - began);
    failures = 0;
  };
  for (;;) {
    try {
      return await attempt(progressed);
    } catch (error) {
      if (!isWorthwhile(error)) throw error;
      if (signal?.aborted === true) throw new Stopping("The agent stops", { cause: error });
      if (isFirst) onFirstFailure?.();
      isFirst = false;
      failures += 1;
      const wait = pauses(failures, error);
      const then = clock() + wait;
      if (then - last > patience.withoutProgress || then - began > patience.inAll) throw givenUp(error, then - began);
      log(`Attempt ${failures} failed: ${messageOf(error)}`);
      await pause(wait, undefined, { signal }).catch(() => {}); // aborted: one last attempt
    }
  }
}

function givenUp(cause: unknown, milliseconds: number): Error {
  return new Error(`${messageOf(cause)} (given up after ${Math.round(milliseconds / 1000)} s)`, { cause });
}

/** How a call is made again. */
export interface RetryOptions {
  /** Told once. */
  readonly onFirstFailure?: (() => void) | undefined;
  /** Until it is answered, whatever is in the way: what was wrong with the call is an answer, that this host may not call is none. */
  readonly isEndless?: boolean | undefined;
}

/** Calls again what may pass; a refusal is an answer. */
export type Retry = <Answer>(call: () => Promise<Answer>, options?: RetryOptions) => Promise<Answer>;

/** The agent stops before the call was answered: what it was about is taken up again at the next start. */
export class Stopping extends Error {}

const endless: Patience = { withoutProgress: Infinity, inAll: Infinity };

const isUnanswered = (error: unknown) => !(error instanceof RequestRefused) || error instanceof AccessRefused;

/** A Retry that gives up when `signal` is aborted, after one last attempt, by throwing `Stopping`. */
export function retryUntil(
  signal: AbortSignal,
  { pauses, log, patience }: Pick<Trying, "pauses" | "log" | "patience">,
): Retry {
  return (call, { onFirstFailure, isEndless = false } = {}) =>
    keepTrying(call, {
      pauses,
      log,
      signal,
      onFirstFailure,
      patience: isEndless ? endless : patience,
      isWorthwhile: isEndless ? isUnanswered : mayPass,
    });
}
