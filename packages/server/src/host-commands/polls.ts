import { pollHoldMilliseconds } from "../choices.ts";

/** Polls that wait for something to do, by host. */
export class HeldPolls {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when the host is woken, the hold is over, or the caller has gone. */
  hold(host: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(host) ?? new Set();
      this.#waiting.set(host, waiting);
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        waiting.delete(end);
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
