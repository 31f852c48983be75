/** Repeats a task, never twice at the same time. */
export class PeriodicTask {
  readonly #milliseconds: number;
  readonly #task: () => Promise<void>;
  readonly #onDefect: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(milliseconds: number, work: () => Promise<void>, onDefect: (error: unknown) => void) {
    this.#milliseconds = milliseconds;
    this.#task = work;
    this.#onDefect = onDefect;
  }

  /** Starts; the first run comes after `delay` milliseconds. */
  start(delay = 0): void {
    this.#timer = setTimeout(() => {
      this.#underWay = this.#task()
        .catch(this.#onDefect)
        .then(() => (this.#isClosed ? undefined : this.start(this.#milliseconds)));
    }, delay);
  }

  /** Stops; resolves when no run is in progress any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#underWay;
  }
}
