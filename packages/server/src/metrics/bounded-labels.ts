/** What stands for every value beyond the limit. */
export const otherLabel = "other";

/** Keeps the values of a label few: each is a time series, in this process and wherever it is scraped to. */
export class BoundedLabels {
  readonly #most: number;
  readonly #known = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Returns the labels, or `other` for each of them when they are a combination beyond the limit. The first that come are kept. */
  of<Labels extends Readonly<Record<string, string>>>(labels: Labels): Labels {
    const key = JSON.stringify(Object.values(labels));
    if (this.#known.has(key)) return labels;
    if (this.#known.size >= this.#most)
      return Object.fromEntries(Object.keys(labels).map((name) => [name, otherLabel])) as Labels; // the same names
    this.#known.add(key);
    return labels;
  }
}
