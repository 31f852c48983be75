import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import type { Group, Target } from "../control/configuration.ts";
import { type Home, TargetConnection } from "../connections/target-connection.ts";

/** Common servers close an idle connection after 5 s or more; ours is given up before, in milliseconds. */
const idleMilliseconds = 3_500;

/** Idle connections that are kept to one target. */
const idleConnectionsMax = 256;

/** How often connections are looked for that have been idle for too long, in milliseconds. */
const sweepMilliseconds = 500;

/** One target as the proxy sees it. */
export class Upstream implements Home {
  readonly host: string;
  readonly port: number;
  /** By which a client's cookie names it. */
  readonly token: string;
  /** Connections that carry more than requests: upgraded ones, and those of network load balancers. */
  readonly tunnels = new Set<Socket>();
  inFlight = 0;
  /** Since when it has been a newcomer, by the monotonic clock; undefined when it gets its full share. */
  newSince: number | undefined;
  #inRotation = false;
  /** Connections that wait for a request, the one that was used last at the end. */
  readonly #idle: TargetConnection[] = [];
  #sweep: NodeJS.Timeout | undefined;

  constructor(group: string, { key, host, port }: Target) {
    this.host = host;
    this.port = port;
    this.token = tokenOf(`${group} ${key}`);
  }

  get inRotation(): boolean {
    return this.#inRotation;
  }

  /** One that gets no new requests needs no idle connections: its server may be waiting for their end. */
  set inRotation(isIn: boolean) {
    this.#inRotation = isIn;
    if (!isIn) this.#closeIdle(Infinity);
  }

  /** A connection that was used before, or a new one. */
  take(): TargetConnection {
    this.#closeIdle(performance.now());
    return this.#idle.pop() ?? this.open();
  }

  /** A new connection. */
  open(): TargetConnection {
    return new TargetConnection(this);
  }

  /** Keeps a connection for the next request. */
  keep(connection: TargetConnection): void {
    if (!this.#inRotation || this.#idle.length >= idleConnectionsMax) return connection.destroy();
    connection.idleSince = performance.now();
    this.#idle.push(connection);
    this.#sweep ??= setInterval(() => this.#closeIdle(performance.now()), sweepMilliseconds);
  }

  forget(connection: TargetConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** It gets nothing more. Requests under way end by themselves; tunnels, which may last for ever, where they are not cut. */
  leave({ cutsConnections }: Pick<Group, "cutsConnections">): void {
    this.inRotation = false;
    if (cutsConnections) for (const socket of this.tunnels) socket.destroy();
  }

  #closeIdle(now: number): void {
    while ((this.#idle[0]?.idleSince ?? Infinity) + idleMilliseconds < now) this.#idle.shift()?.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}

/** A short name that tells nothing about what it stands for. */
export function tokenOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}

/** How a target is chosen. */
export interface Choice {
  /** The client's cookie. */
  readonly token?: string | undefined;
  readonly sourceIp?: string | undefined;
  /** Targets that were tried in vain. */
  readonly except?: ReadonlySet<Upstream> | undefined;
}

/** The targets of one group, and whose turn it is. */
export class TargetPool {
  #group: Group;
  readonly #upstreams = new Map<string, Upstream>();
  #rotation: readonly Upstream[] = [];
  #turn = 0;

  constructor(group: Group) {
    this.#group = group;
    this.configure(group);
  }

  get sticky(): Group["sticky"] {
    return this.#group.sticky;
  }

  configure(group: Group): void {
    this.#group = group;
    const now = performance.now();
    // Newcomers begin slowly only beside one that gets its full share: somebody has to do the work.
    const isSlow = group.slowStartSeconds > 0 && this.#rotation.some((one) => this.#shareOf(one, now) === 1);
    const wanted = new Map(group.targets.map((target) => [`${target.key} ${target.host}:${target.port}`, target]));
    for (const [key, upstream] of this.#upstreams)
      if (!wanted.has(key)) {
        upstream.leave(group);
        this.#upstreams.delete(key);
      }
    for (const [key, target] of wanted) {
      const upstream = this.#upstreams.get(key) ?? new Upstream(group.id, target);
      this.#upstreams.set(key, upstream);
      if (target.inRotation && !upstream.inRotation) upstream.newSince = isSlow ? now : undefined;
      upstream.inRotation = target.inRotation;
    }
    this.#rotation = [...this.#upstreams.values()].filter(({ inRotation }) => inRotation);
  }

  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.leave({ cutsConnections: true });
    this.#upstreams.clear();
    this.#rotation = [];
  }

  /** The target that is to answer next; undefined when none is in rotation. */
  pick({ token, sourceIp, except }: Choice): Upstream | undefined {
    const open =
      except === undefined || except.size === 0 ? this.#rotation : this.#rotation.filter((one) => !except.has(one));
    const { sticky, algorithm } = this.#group;
    if (token !== undefined) {
      const held = open.find((upstream) => upstream.token === token);
      if (held !== undefined) return held;
    }
    if (sticky?.by === "source-ip" && sourceIp !== undefined) {
      const number = Number.parseInt(createHash("sha256").update(sourceIp).digest("hex").slice(0, 8), 16);
      return open[number % open.length];
    }
    if (algorithm === "least_outstanding_requests") return this.#leastBusy(open);
    return this.#inTurn(open);
  }

  /** The next one; a newcomer lets others go before as often as its share is small. */
  #inTurn(open: readonly Upstream[]): Upstream | undefined {
    for (let tried = 0; tried < open.length; tried += 1) {
      this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
      const upstream = open[this.#turn % open.length];
      if (upstream?.newSince === undefined) return upstream;
      const share = this.#shareOf(upstream, performance.now());
      if (share === 1) upstream.newSince = undefined;
      if (Math.random() < share) return upstream;
    }
    return open[this.#turn % open.length];
  }

  /** How much of its full share a target gets: a newcomer's grows evenly. */
  #shareOf({ newSince }: Upstream, now: number): number {
    const slowMilliseconds = this.#group.slowStartSeconds * 1000;
    return newSince === undefined || slowMilliseconds === 0 ? 1 : Math.min(1, (now - newSince) / slowMilliseconds);
  }

  /** Of several that have as little to do, the next in turn. */
  #leastBusy(open: readonly Upstream[]): Upstream | undefined {
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    const first = this.#turn % open.length;
    return [...open.slice(first), ...open.slice(0, first)].reduce<Upstream | undefined>(
      (least, one) => (least === undefined || one.inFlight < least.inFlight ? one : least),
      undefined,
    );
  }
}
