/**
 * How long agents may take to reconnect after this program has started, in milliseconds: they wait up to a minute
 * between attempts.
 */
const reconnectMilliseconds = 90_000;

/**
 * How many polls of one host are held at once. An agent has one, and sometimes another over a connection of which it
 * has not yet noticed that it is gone.
 */
const defaultPollsMax = 8;

/** An agent that has not called for longer than this is silent: it polls without a pause, and a poll that is held counts. In milliseconds. */
const silentMilliseconds = 30_000;

/** A host that has not called for longer than this is no longer counted, in milliseconds: it may well be gone. */
const goneMilliseconds = 24 * 60 * 60 * 1000;

/** Polls that wait for a command, by host, and when each host was last seen. */
export class HeldPolls {
  readonly #waiting = new Map<string, Set<(how: HoldEnd) => void>>();
  #isClosed = false;
  readonly #contacts = new Map<string, number>();
  readonly #clock: () => number;
  readonly #since: number;

  readonly #pollsMax: number;
  readonly #onOver: (host: string) => void;

  /** Of one host, `pollsMax` polls are held at once; a further one ends the oldest, of which `onOver` is told. */
  constructor(clock: () => number, pollsMax: number = defaultPollsMax, onOver: (host: string) => void = () => {}) {
    this.#clock = clock;
    this.#pollsMax = pollsMax;
    this.#onOver = onOver;
    this.#since = clock();
  }

  /** Records that a host has sent a request. */
  recordContact(host: string): void {
    this.#contacts.set(host, this.#clock());
  }

  /**
   * When a host was last seen, in milliseconds since the epoch: now, while one of its polls is held. Undefined if it
   * was never seen; after a start, hosts get some time to reconnect.
   */
  readonly lastSeen = (host: string): number | undefined => {
    const now = this.#clock();
    if (this.#waiting.has(host)) return now;
    return this.#contacts.get(host) ?? (now < this.#since + reconnectMilliseconds ? now : undefined);
  };

  /** How many polls are held, and how many hosts have called of late, or are silent. */
  counts(): { readonly held: number; readonly seen: number; readonly silent: number } {
    const now = this.#clock();
    let [held, seen, silent] = [0, this.#waiting.size, 0];
    for (const polls of this.#waiting.values()) held += polls.size;
    for (const [host, at] of this.#contacts) {
      if (this.#waiting.has(host) || now - at > goneMilliseconds) continue;
      if (now - at <= silentMilliseconds) seen += 1;
      else silent += 1;
    }
    return { held, seen, silent };
  }

  /** Resolves when the host is woken, the time is over, or the client has gone. */
  hold(host: string, signal: AbortSignal, milliseconds: number): Promise<HoldEnd> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(host) ?? new Set();
      const [oldest] = waiting;
      if (waiting.size >= this.#pollsMax) {
        oldest?.("closed");
        this.#onOver(host);
      }
      this.#waiting.set(host, waiting);
      const end = (how: HoldEnd) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", leave);
        waiting.delete(end);
        this.recordContact(host);
        if (waiting.size === 0 && this.#waiting.get(host) === waiting) this.#waiting.delete(host);
        resolve(how);
      };
      const leave = () => end("closed");
      const timer = setTimeout(() => end("time is over"), milliseconds);
      signal.addEventListener("abort", leave);
      waiting.add(end);
      if (signal.aborted || this.#isClosed) leave();
    });
  }

  /** Wakes the polls of these hosts. */
  wake(hosts: readonly string[]): void {
    for (const host of hosts) this.#end(host, "woken");
  }

  /** Lets all polls end. */
  close(): void {
    this.#isClosed = true;
    for (const host of [...this.#waiting.keys()]) this.#end(host, "closed");
  }

  #end(host: string, how: HoldEnd): void {
    for (const end of [...(this.#waiting.get(host) ?? [])]) end(how);
  }
}

/** Why a hold is over. */
type HoldEnd = "woken" | "time is over" | "closed";
