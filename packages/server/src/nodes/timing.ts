/** Time as nodes need it: how long something has taken, and waits. The simulation has its own. */
export interface Timing {
  /** Milliseconds by a clock that only goes forward; its beginning means nothing. */
  now(): number;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** As `sleep`, for somebody who waits for something else: the process may end before. */
  patience(milliseconds: number): Promise<void>;
}

/** This machine's time. */
export const realTiming: Timing = {
  now: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  patience: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref()),
};

/** Something that others can wait for again and again. Who has stopped waiting leaves nothing behind. */
export class Signal {
  readonly #waiting = new Set<() => void>();
  #count = 0;

  /** How often it was given. */
  get count(): number {
    return this.#count;
  }

  /** Resolves when it is given, or when `other` resolves; at once, if it was given since the count was `since`. */
  or(other: Promise<unknown>, since = this.#count): Promise<void> {
    if (this.#count !== since) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      void other.then(done);
    });
  }

  /** Wakes all who wait. */
  give(): void {
    this.#count += 1;
    for (const done of [...this.#waiting]) done();
  }
}
