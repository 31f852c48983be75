import type { Deployment, Neighbour, Target } from "@sluice/engine";

/** A deployment that is at work on a host. */
interface Visitor {
  readonly isTermination: boolean;
  /** When its first command for the host was issued. */
  readonly since: number;
}

/** Which deployments are at work on which hosts, so that those that share one take turns (deployments.md §6.5). It is made anew from the live deployments after a restart. */
export class SharedHosts {
  readonly #visitors = new Map<string, Map<string, Visitor>>();
  readonly #hostsOf = new Map<string, ReadonlySet<string>>();
  readonly #freeSince = new Map<string, number>();

  /** Takes down where a deployment is at work now. */
  note({ id, kind }: Pick<Deployment, "id" | "kind">, targets: readonly Target[], now: number): void {
    const hosts = new Set<string>();
    for (const target of targets) {
      if (target.status !== "InProgress") continue;
      const visitors = this.#visitors.get(target.hostIdentifier) ?? new Map<string, Visitor>();
      visitors.set(id, { isTermination: kind === "termination", since: firstCommandAt(target) });
      this.#visitors.set(target.hostIdentifier, visitors);
      hosts.add(target.hostIdentifier);
    }
    for (const host of this.#hostsOf.get(id) ?? []) if (!hosts.has(host)) this.#leave(id, host, now);
    if (hosts.size === 0) this.#hostsOf.delete(id);
    else this.#hostsOf.set(id, hosts);
  }

  /** Forgets deployments that have been deleted. */
  keepOnly(live: ReadonlySet<string>, now: number): void {
    for (const [id, hosts] of this.#hostsOf) {
      if (live.has(id)) continue;
      for (const host of hosts) this.#leave(id, host, now);
      this.#hostsOf.delete(id);
    }
  }

  /** Who else is on the hosts of a deployment, by target id. */
  neighboursOf(
    deploymentId: string,
    hosts: Iterable<{ readonly id: string; readonly hostIdentifier: string }>,
  ): Readonly<Record<string, Neighbour>> {
    const neighbours: Record<string, Neighbour> = {};
    for (const { id, hostIdentifier } of hosts) {
      const busyWith = this.#first(deploymentId, hostIdentifier);
      const freeSince = this.#freeSince.get(hostIdentifier);
      if (busyWith !== undefined || freeSince !== undefined)
        neighbours[id] = {
          ...(busyWith === undefined ? {} : { busyWith }),
          ...(freeSince === undefined ? {} : { freeSince }),
        };
    }
    return neighbours;
  }

  /** The deployment whose turn it is on a host, if it is another one. */
  #first(deploymentId: string, host: string): string | undefined {
    const visitors = [...(this.#visitors.get(host) ?? [])];
    const [first] = visitors.toSorted(
      ([a, one], [b, other]) =>
        Number(other.isTermination) - Number(one.isTermination) || one.since - other.since || a.localeCompare(b),
    );
    return first === undefined || first[0] === deploymentId ? undefined : first[0];
  }

  #leave(deploymentId: string, host: string, now: number): void {
    const visitors = this.#visitors.get(host);
    visitors?.delete(deploymentId);
    if (visitors?.size === 0) this.#visitors.delete(host);
    else this.#freeSince.set(host, now);
    if (visitors?.size === 0) this.#freeSince.delete(host);
  }
}

const firstCommandAt = ({ events }: Target): number =>
  Math.min(...events.flatMap(({ command }) => command?.issuedAt ?? []));
