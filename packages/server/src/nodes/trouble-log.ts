import type { Logger } from "pino";
import type { Timing } from "./timing.ts";

/** After how long the same trouble is told of again, in milliseconds. */
const sayAgainMilliseconds = 30_000;

/** Logs what a node cannot do: the same again only after a while, since it is tried again many times. */
export class TroubleLog {
  readonly #log: Logger;
  readonly #timing: Timing;
  #said = "";
  #saidAt = 0;

  constructor(log: Logger, timing: Timing) {
    this.#log = log;
    this.#timing = timing;
  }

  /** Says what a node was `doing`, in words that follow "cannot", and why it could not. */
  readonly warn = (error: unknown, doing: string): void => {
    const cause = error instanceof Error ? error.message : String(error);
    const said = `${doing}: ${cause}`;
    const now = this.#timing.now();
    if (said === this.#said && now - this.#saidAt < sayAgainMilliseconds) return;
    [this.#said, this.#saidAt] = [said, now];
    this.#log.warn({ cause }, `this node cannot ${doing}`);
  };
}
