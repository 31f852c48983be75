import { newFraction } from "./random.ts";

/** The first wait and the longest, in milliseconds: a blip costs nobody time, and a service that is down for long is not kept down by us. */
const firstMilliseconds = 500;
const longestMilliseconds = 30_000;

/** How long to wait after so many failures in a row, in milliseconds: twice as long each time, and up to half of that less by chance, so that those who failed together do not come back together. */
export function backoffMilliseconds(failures: number): number {
  const whole = Math.min(longestMilliseconds, firstMilliseconds * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(whole * (1 - newFraction() / 2));
}

/** Things that fail for a reason that may pass, and when each may be tried again. */
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

  /** It has failed once more. Gives for how long it has done nothing else, in milliseconds. */
  failed(id: string): number {
    const now = this.#clock();
    const { since = now, failures = 0 } = this.#failing.get(id) ?? {};
    this.#failing.set(id, { since, failures: failures + 1, nextAt: now + backoffMilliseconds(failures + 1) });
    return now - since;
  }

  /** It has succeeded, been refused, or is nobody's business any more. */
  forget(id: string): void {
    this.#failing.delete(id);
  }
}
