/** Entries in the order of their times, and at one time in the order in which they came: a binary heap. */
export class EventQueue<Entry> {
  readonly #heap: { readonly at: number; readonly turn: number; readonly entry: Entry }[] = [];
  #turn = 0;

  /** When the next entry is due; undefined when there is none. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  add(at: number, entry: Entry): void {
    const heap = this.#heap;
    heap.push({ at, turn: (this.#turn += 1), entry });
    for (let place = heap.length - 1; place > 0;) {
      const above = (place - 1) >> 1;
      if (!this.#isBefore(place, above)) break;
      this.#swap(place, above);
      place = above;
    }
  }

  /** Takes out every entry that is due at a time. */
  takeDue(now: number): readonly Entry[] {
    const due: Entry[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      due.push(first.entry);
      this.#removeFirst();
    }
    return due;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return;
    heap[0] = last;
    for (let place = 0; ;) {
      const below = [2 * place + 1, 2 * place + 2].filter((child) => child < heap.length);
      const first = below.reduce((a, b) => (this.#isBefore(b, a) ? b : a), place);
      if (first === place) return;
      this.#swap(place, first);
      place = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return false;
    return one.at < other.at || (one.at === other.at && one.turn < other.turn);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}
