interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Time that passes as fast as there is something to do. */
export class VirtualTime {
  now = 0;
  #order = 0;
  readonly #events: Event[] = [];

  /** Runs something after so many milliseconds. */
  after(milliseconds: number, run: () => void): void {
    const event = { at: this.now + milliseconds, order: (this.#order += 1), run };
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle];
      if (other !== undefined && (other.at < event.at || (other.at === event.at && other.order < event.order)))
        low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Lets so many milliseconds pass; `check` is called when all that follows from a moment has happened. */
  async pass(milliseconds: number, check: () => void): Promise<void> {
    const until = this.now + milliseconds;
    await turn(); // what has just begun asks for its first event
    for (;;) {
      const next = this.#events[0];
      if (next === undefined || next.at > until) break;
      this.#events.shift();
      this.now = next.at;
      next.run();
      // Promises settle in between; a group commit begins in the next turn.
      await turn();
      await turn();
      check();
    }
    this.now = until;
  }
}
