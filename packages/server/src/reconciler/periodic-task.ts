/** Something that is done again and again, never twice at once. */
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

  /** Begins; the first time after `delay` milliseconds. */
  start(delay = 0): void {
    this.#timer = setTimeout(() => {
      this.#underWay = this.#task()
        .catch(this.#onDefect)
        .then(() => (this.#isClosed ? undefined : this.start(this.#milliseconds)));
    }, delay);
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#underWay;
  }
}
