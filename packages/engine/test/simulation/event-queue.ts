/** What is to happen when, in the order of time; at one moment, in the order of entry. */
export class EventQueue {
  #entries: { readonly at: number; readonly act: () => void }[] = [];

  add(at: number, act: () => void): void {
    let place = this.#entries.length;
    while (place > 0 && (this.#entries[place - 1]?.at ?? 0) > at) place -= 1;
    this.#entries.splice(place, 0, { at, act });
  }

  /** Takes the next entry out. */
  next(): { readonly at: number; readonly act: () => void } | undefined {
    return this.#entries.shift();
  }
}
