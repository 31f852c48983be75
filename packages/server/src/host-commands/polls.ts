import { pollHoldMilliseconds } from "../choices.ts";

/** How long agents may take to come back after a start of this program, in milliseconds: they wait up to a minute between attempts. */
const reconnectMilliseconds = 90_000;

/** Polls that wait for something to do, by host, and when each host was heard of. */
export class HeldPolls {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #heard = new Map<string, number>();
  readonly #clock: () => number;
  readonly #since: number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#since = clock();
  }

  /** A host has sent a request. */
  hear(host: string): void {
    this.#heard.set(host, this.#clock());
  }

  /** When a host was last heard of, in milliseconds since the epoch: now while a poll of it is held. Hosts get some time after a start to be heard of again; undefined when one has not been. */
  lastHeard(host: string): number | undefined {
    const now = this.#clock();
    if (this.#waiting.has(host)) return now;
    return this.#heard.get(host) ?? (now < this.#since + reconnectMilliseconds ? now : undefined);
  }

  /** Resolves when the host is woken, the hold is over, or the caller has gone. */
  hold(host: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(host) ?? new Set();
      this.#waiting.set(host, waiting);
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        waiting.delete(end);
        this.hear(host);
        if (waiting.size === 0 && this.#waiting.get(host) === waiting) this.#waiting.delete(host);
        resolve();
      };
      const timer = setTimeout(end, pollHoldMilliseconds);
      signal.addEventListener("abort", end);
      waiting.add(end);
      if (signal.aborted) end();
    });
  }

  /** Lets the polls of these hosts look again. */
  wake(hosts: readonly string[]): void {
    for (const host of hosts) for (const end of [...(this.#waiting.get(host) ?? [])]) end();
  }

  /** Lets all polls end. */
  close(): void {
    this.wake([...this.#waiting.keys()]);
  }
}
