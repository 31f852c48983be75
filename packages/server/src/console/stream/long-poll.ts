import type { StreamMessages } from "../contract.ts";
import type { Reader } from "./hub.ts";
import type { Sight } from "./render.ts";
import type { Told } from "./told.ts";
import type { Topic } from "./topics.ts";

/** How long further deltas are waited for after the first, in milliseconds: topics are told one after the other. */
const gatherMilliseconds = 20;

/** The answer to a long poll as JSON, or why there is none. */
export type PollEnd = { readonly batch: string } | { readonly end: StreamMessages["end"] };

/** A reader that is told once: where a proxy lets no stream through. */
export class LongPoll implements Reader {
  readonly topics: readonly Topic[];
  sight: Sight;
  cursor: number;
  /** Resolves with the answer. */
  readonly ended: Promise<PollEnd>;
  #resolve: (end: PollEnd) => void = () => {};
  #deltas: readonly Told[] = [];
  #resync: StreamMessages["resync"] | undefined;
  #timer: NodeJS.Timeout;

  constructor(about: Pick<Reader, "topics" | "sight" | "cursor">, waitMilliseconds: number) {
    this.topics = about.topics;
    this.sight = about.sight;
    this.cursor = about.cursor;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setTimeout(() => this.#answer(), waitMilliseconds);
  }

  take(deltas: readonly Told[]): boolean {
    this.#deltas = [...this.#deltas, ...deltas];
    this.#soon();
    return true;
  }

  resync(cursor: number, why: StreamMessages["resync"]["why"]): void {
    this.#resync = { cursor: String(cursor), why };
    this.#soon();
  }

  /** Ends without an answer. */
  end(message: StreamMessages["end"]): void {
    clearTimeout(this.#timer);
    this.#resolve({ end: message });
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#answer(), gatherMilliseconds);
  }

  #answer(): void {
    const resync = this.#resync === undefined ? "" : `,"resync":${JSON.stringify(this.#resync)}`;
    const deltas = this.#deltas.map(({ json }) => json).join(",");
    this.#resolve({ batch: `{"cursor":"${this.cursor}","deltas":[${deltas}]${resync}}` });
  }
}
