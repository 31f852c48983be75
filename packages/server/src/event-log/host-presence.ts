import type { Store } from "../store/index.ts";

/** After how long without a word a host counts as silent, in milliseconds. */
export const silentAfterMilliseconds = 5 * 60_000;

/** Hosts whose presence is remembered: as many as a large account has, and no more for whoever names many. */
const hostsMax = 100_000;

/** What hosts say of themselves with each request, as far as is known. */
export interface HostFacts {
  /** When this process has first seen it, in milliseconds since the epoch. */
  readonly since: number;
  readonly agentVersion?: string | undefined;
  readonly isSilent: boolean;
}

export interface HostPresenceOptions {
  readonly store: Pick<Store, "events" | "writeDeferred">;
  readonly clock: () => number;
  /** When a host's agent was last seen, in milliseconds since the epoch. */
  readonly lastSeen: (host: string) => number | undefined;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** Which hosts' agents are there: an event when one is seen, when one has become silent, and when one is seen again. */
export class HostPresence {
  readonly #options: HostPresenceOptions;
  readonly #hosts = new Map<string, HostFacts>();

  constructor(options: HostPresenceOptions) {
    this.#options = options;
  }

  /** Records a poll of a host, whose key has been checked. `version` is what its agent calls itself. */
  seen(host: string, version?: string): void {
    const known = this.#hosts.get(host);
    if (known !== undefined && !known.isSilent && known.agentVersion === version) return;
    if (known === undefined && this.#hosts.size >= hostsMax) return;
    const at = this.#options.clock();
    this.#hosts.set(host, { since: known?.since ?? at, agentVersion: version, isSilent: false });
    const because =
      known === undefined
        ? "its agent polls"
        : known.isSilent
          ? "its agent polls again"
          : "its agent has another version";
    this.#append(at, host, { to: "Seen", because, version });
  }

  /** What is known of a host since this process has started. */
  factsOf(host: string): HostFacts | undefined {
    return this.#hosts.get(host);
  }

  /** All hosts that were seen since this process has started. */
  all(): ReadonlyMap<string, HostFacts> {
    return this.#hosts;
  }

  /** Looks for hosts that have become silent. */
  check(): void {
    const { clock, lastSeen } = this.#options;
    const now = clock();
    for (const [host, facts] of this.#hosts) {
      const at = lastSeen(host) ?? facts.since;
      if (facts.isSilent || now - at < silentAfterMilliseconds) continue;
      this.#hosts.set(host, { ...facts, isSilent: true });
      const because = `nothing was heard of its agent since ${new Date(at).toISOString()}`;
      this.#append(now, host, { to: "Silent", because, version: facts.agentVersion });
    }
  }

  #append(
    at: number,
    target: string,
    { to, because, version }: { readonly to: string; readonly because: string; readonly version: string | undefined },
  ): void {
    const { store, onDefect } = this.#options;
    const detail = version === undefined ? undefined : { agentVersion: version };
    store
      .writeDeferred(() => store.events.append({ at, kind: "host", target, to, because, actor: "service", detail }))
      .catch((error: unknown) => onDefect(error, target));
  }
}
