import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { chance } from "../../random.ts";
import type { TargetGroup, Target } from "../control/configuration.ts";
import { type ConnectionOwner, TargetConnection } from "../connections/target-connection.ts";

/** How long an idle connection is kept, in milliseconds: common servers close theirs after 5 s or more, and ours must go first. */
const idleMilliseconds = 3_500;

/** Idle connections that are kept to one target. */
const idleConnectionsMax = 256;

/** How often connections that were idle for too long are closed, in milliseconds. */
const sweepMilliseconds = 500;

/** One target, as the balancer sees it, with its idle connections. */
export class Upstream implements ConnectionOwner {
  readonly host: string;
  readonly port: number;
  /** Its name in a client's cookie. */
  readonly token: string;
  /** Upgraded connections, and those of network load balancers. */
  readonly tunnels = new Set<Socket>();
  inFlight = 0;
  /** Since when its share grows (slow start), by the monotonic clock; undefined when it gets its full share. */
  slowSince: number | undefined;
  #inRotation = false;
  /** The one that was used last is at the end. */
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

  /** A target that gets no new requests needs no idle connections: its server may be waiting for them to end. */
  set inRotation(isIn: boolean) {
    this.#inRotation = isIn;
    if (!isIn) this.#closeIdle(Infinity);
  }

  /** Returns an idle connection, or a new one. */
  take(): TargetConnection {
    this.#closeIdle(performance.now());
    return this.#idle.pop() ?? this.open();
  }

  /** Returns a new connection. */
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

  /** Gives it nothing more. Requests under way end by themselves; tunnels, which may last for ever, are cut where the group says so. */
  leave({ cutsConnections }: Pick<TargetGroup, "cutsConnections">): void {
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

/** Returns a short name that reveals nothing about what it stands for. */
export function tokenOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}

/** What a target is picked by. */
interface PickCriteria {
  /** From the client's cookie. */
  readonly token?: string | undefined;
  readonly sourceIp?: string | undefined;
  /** Targets that have refused. */
  readonly excluded?: ReadonlySet<Upstream> | undefined;
}

/** The targets of one group, and the algorithm that picks among them. */
export class TargetPool {
  #group: TargetGroup;
  readonly #upstreams = new Map<string, Upstream>();
  #rotation: readonly Upstream[] = [];
  #turn = 0;

  constructor(group: TargetGroup) {
    this.#group = group;
    this.configure(group);
  }

  get sticky(): TargetGroup["sticky"] {
    return this.#group.sticky;
  }

  configure(group: TargetGroup): void {
    this.#group = group;
    const now = performance.now();
    // A slow start needs a target with its full share: otherwise nobody would take the traffic.
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
      if (target.inRotation && !upstream.inRotation) upstream.slowSince = isSlow ? now : undefined;
      upstream.inRotation = target.inRotation;
    }
    this.#rotation = [...this.#upstreams.values()].filter(({ inRotation }) => inRotation);
  }

  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.leave({ cutsConnections: true });
    this.#upstreams.clear();
    this.#rotation = [];
  }

  /** Returns the target for the next request, or undefined when none is in rotation. */
  pick({ token, sourceIp, excluded }: PickCriteria): Upstream | undefined {
    const open =
      excluded === undefined || excluded.size === 0
        ? this.#rotation
        : this.#rotation.filter((one) => !excluded.has(one));
    const { sticky, algorithm } = this.#group;
    if (token !== undefined) {
      const stuckTo = open.find((upstream) => upstream.token === token);
      if (stuckTo !== undefined) return stuckTo;
    }
    if (sticky?.by === "source-ip" && sourceIp !== undefined) {
      const number = Number.parseInt(createHash("sha256").update(sourceIp).digest("hex").slice(0, 8), 16);
      return open[number % open.length];
    }
    if (algorithm === "least_outstanding_requests") return this.#leastBusy(open);
    return this.#inTurn(open);
  }

  /** Returns the next in turn; one in its slow start is passed over with a chance that falls as its share grows. */
  #inTurn(open: readonly Upstream[]): Upstream | undefined {
    for (let tried = 0; tried < open.length; tried += 1) {
      this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
      const upstream = open[this.#turn % open.length];
      if (upstream?.slowSince === undefined) return upstream;
      const share = this.#shareOf(upstream, performance.now());
      if (share === 1) upstream.slowSince = undefined;
      if (chance() < share) return upstream;
    }
    return open[this.#turn % open.length];
  }

  /** The part of its full share that a target gets: during a slow start it grows evenly. */
  #shareOf({ slowSince }: Upstream, now: number): number {
    const slowMilliseconds = this.#group.slowStartSeconds * 1000;
    return slowSince === undefined || slowMilliseconds === 0 ? 1 : Math.min(1, (now - slowSince) / slowMilliseconds);
  }

  /** Returns the one with the fewest requests in flight; of several, the next in turn. */
  #leastBusy(open: readonly Upstream[]): Upstream | undefined {
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    const first = this.#turn % open.length;
    return [...open.slice(first), ...open.slice(0, first)].reduce<Upstream | undefined>(
      (least, one) => (least === undefined || one.inFlight < least.inFlight ? one : least),
      undefined,
    );
  }
}
