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

/** Something that others can wait for again and again. */
export class Signal {
  #next = Promise.withResolvers<void>();

  /** Resolves with the next call of `give`. */
  get next(): Promise<void> {
    return this.#next.promise;
  }

  /** Wakes all who wait. */
  give(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve();
  }
}
