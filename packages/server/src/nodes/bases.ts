import type { House } from "./house.ts";
import type { Entry, Journal } from "./journal.ts";

export interface BaseMakerOptions {
  readonly journal: Journal;
  readonly house: House;
  readonly onTrouble: (cause: unknown, doing: string) => void;
}

/** A base is due when the entries since the last one are longer than it, and at least this, in bytes. */
const entryBytesMin = 64 * 1024 * 1024;

/** How long entries stay that a base has, in milliseconds: a follower that was away for less need not begin anew. */
const stayMilliseconds = 10 * 60_000;

/** After how many bytes of entries it is looked whether a base is due. */
const lookEveryBytes = 8 * 1024 * 1024;

/** Makes a base whenever the journal has outgrown the last one, and deletes the entries that it replaces. */
export class BaseMaker {
  readonly #options: BaseMakerOptions;
  #bytes = 0;
  #isMaking = false;

  constructor(options: BaseMakerOptions) {
    this.#options = options;
  }

  /** Counts an entry that this node has kept. */
  grown({ changes }: Entry): void {
    this.#bytes += changes.length;
    if (this.#bytes < lookEveryBytes || this.#isMaking) return;
    this.#bytes = 0;
    this.#isMaking = true;
    this.#makeIfDue()
      .catch((cause: unknown) => this.#options.onTrouble(cause, "make a base"))
      .finally(() => (this.#isMaking = false));
  }

  async #makeIfDue(): Promise<void> {
    const { journal, house } = this.#options;
    const { baseBytes, entryBytes } = await journal.growth();
    if (entryBytes > Math.max(entryBytesMin, baseBytes)) await journal.addBase(await house.baseNow());
    await journal.trim(stayMilliseconds);
  }
}
