import type { Deployment, HostContention, Target } from "@sluice/engine";

/** A deployment that is running on a host. */
interface Visitor {
  readonly isTermination: boolean;
  /** When its first command to the host was issued. */
  readonly since: number;
}

/**
 * Which deployments are running on which hosts, so that those that share one take turns (deployments.md §6.5). Rebuilt
 * from the live deployments after a restart.
 */
export class SharedHosts {
  readonly #visitors = new Map<string, Map<string, Visitor>>();
  /** The targets of each deployment, as last recorded. */
  readonly #recorded = new Map<string, readonly Target[]>();
  readonly #freeSince = new Map<string, number>();

  /** Records on which hosts a deployment is running now. */
  record({ id, kind }: Pick<Deployment, "id" | "kind">, targets: readonly Target[], now: number): void {
    const last = this.#recorded.get(id);
    this.#recorded.set(id, targets);
    targets.forEach((target, place) => {
      if (target === last?.[place]) return;
      if (target.status === "InProgress") this.#enter(id, kind, target);
      else this.#leave(id, target.hostIdentifier, now);
    });
  }

  /** Forgets deployments that are over, or have been deleted. */
  keepOnly(live: ReadonlySet<string>, now: number): void {
    for (const [id, targets] of this.#recorded) {
      if (live.has(id)) continue;
      for (const { hostIdentifier } of targets) this.#leave(id, hostIdentifier, now);
      this.#recorded.delete(id);
    }
  }

  /** Returns which other deployments are on a host of a deployment. */
  contentionOf(deploymentId: string, host: string): HostContention | undefined {
    const blockedBy = this.#first(deploymentId, host);
    const freeSince = this.#freeSince.get(host);
    if (blockedBy === undefined) return freeSince === undefined ? undefined : { freeSince };
    return freeSince === undefined ? { blockedBy } : { blockedBy, freeSince };
  }

  /** Returns the deployment that has priority on a host, if it is another one. */
  #first(deploymentId: string, host: string): string | undefined {
    const visitors = this.#visitors.get(host);
    if (visitors === undefined || (visitors.size === 1 && visitors.has(deploymentId))) return undefined;
    const [first] = [...visitors].toSorted(
      ([a, one], [b, other]) =>
        Number(other.isTermination) - Number(one.isTermination) || one.since - other.since || a.localeCompare(b),
    );
    return first === undefined || first[0] === deploymentId ? undefined : first[0];
  }

  #enter(deploymentId: string, kind: Deployment["kind"], target: Target): void {
    const visitors = this.#visitors.get(target.hostIdentifier) ?? new Map<string, Visitor>();
    this.#visitors.set(target.hostIdentifier, visitors);
    visitors.set(deploymentId, { isTermination: kind === "termination", since: firstCommandAt(target) });
  }

  #leave(deploymentId: string, host: string, now: number): void {
    const visitors = this.#visitors.get(host);
    if (visitors?.delete(deploymentId) !== true) return;
    if (visitors.size > 0) this.#freeSince.set(host, now);
    else {
      this.#visitors.delete(host);
      this.#freeSince.delete(host);
    }
  }
}

const firstCommandAt = ({ events }: Target): number =>
  Math.min(...events.flatMap(({ command }) => command?.issuedAt ?? []));
