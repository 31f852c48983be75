import { newFraction } from "./random.ts";

/**
 * The first wait and the longest, in milliseconds: a short failure costs little time, and a service that is down for
 * long is not kept down by retries.
 */
const firstMilliseconds = 500;
const longestMilliseconds = 30_000;

/**
 * Returns how long to wait after a number of failures in a row, in milliseconds: twice as long each time, less up to
 * half of that by chance, so that callers that failed together do not retry together.
 */
export function backoffMilliseconds(failures: number): number {
  const whole = Math.min(longestMilliseconds, firstMilliseconds * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(whole * (1 - newFraction() / 2));
}

/** What has failed for a reason that may pass, and when it may be tried again. */
export class Retries {
  readonly #clock: () => number;
  readonly #failing = new Map<string, { readonly since: number; readonly failures: number; readonly nextAt: number }>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Whether it is time to try. */
  isDue(id: string): boolean {
    return (this.#failing.get(id)?.nextAt ?? Number.NEGATIVE_INFINITY) <= this.#clock();
  }

  /** Records another failure. Returns for how long there have been only failures, in milliseconds. */
  failed(id: string): number {
    const now = this.#clock();
    const { since = now, failures = 0 } = this.#failing.get(id) ?? {};
    this.#failing.set(id, { since, failures: failures + 1, nextAt: now + backoffMilliseconds(failures + 1) });
    return now - since;
  }

  /** Forgets the failures: it has succeeded, was refused, or is no longer needed. */
  forget(id: string): void {
    this.#failing.delete(id);
  }
}
