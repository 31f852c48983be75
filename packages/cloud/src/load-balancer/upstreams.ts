import { createHash } from "node:crypto";
import { Agent } from "node:http";
import type { Socket } from "node:net";
import type { Group, Target } from "./configuration.ts";

/** Common servers close an idle connection after 5 s or more; ours is given up before, in milliseconds. */
const idleMilliseconds = 3_500;

/** Idle connections that are kept to one target. */
const idleConnectionsMax = 256;

/** One target as the proxy sees it. */
export class Upstream {
  readonly host: string;
  readonly port: number;
  /** By which a client's cookie names it. */
  readonly token: string;
  readonly pool = new Agent({
    keepAlive: true,
    maxFreeSockets: idleConnectionsMax,
    scheduling: "lifo",
    timeout: idleMilliseconds,
  });
  /** For requests that may not be sent twice: a connection that has been idle might be dead. */
  readonly fresh = new Agent({ keepAlive: false });
  /** Connections that carry more than requests: upgraded ones, and those of network load balancers. */
  readonly tunnels = new Set<Socket>();
  inFlight = 0;
  inRotation = false;
  inRotationSince = 0;

  constructor(group: string, { key, host, port }: Target) {
    this.host = host;
    this.port = port;
    this.token = tokenOf(`${group} ${key}`);
  }

  /** Cuts the tunnels, which may last for ever. Requests under way end by themselves. */
  leave(): void {
    this.inRotation = false;
    for (const socket of this.tunnels) socket.destroy();
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
    const wanted = new Map(group.targets.map((target) => [`${target.key} ${target.host}:${target.port}`, target]));
    for (const [key, upstream] of this.#upstreams)
      if (!wanted.has(key)) {
        upstream.leave();
        this.#upstreams.delete(key);
      }
    for (const [key, target] of wanted) {
      const upstream = this.#upstreams.get(key) ?? new Upstream(group.id, target);
      this.#upstreams.set(key, upstream);
      if (target.inRotation && !upstream.inRotation) upstream.inRotationSince = performance.now();
      upstream.inRotation = target.inRotation;
    }
    this.#rotation = [...this.#upstreams.values()].filter(({ inRotation }) => inRotation);
  }

  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.leave();
    this.#upstreams.clear();
    this.#rotation = [];
  }

  /** The target that is to answer next; undefined when none is in rotation. */
  pick({ token, sourceIp, except }: Choice): Upstream | undefined {
    const open =
      except === undefined || except.size === 0 ? this.#rotation : this.#rotation.filter((one) => !except.has(one));
    const { sticky, algorithm, slowStartSeconds } = this.#group;
    if (sticky?.by === "cookie" && token !== undefined) {
      const held = open.find((upstream) => upstream.token === token);
      if (held !== undefined) return held;
    }
    if (sticky?.by === "source-ip" && sourceIp !== undefined) {
      const number = Number.parseInt(createHash("sha256").update(sourceIp).digest("hex").slice(0, 8), 16);
      return open[number % open.length];
    }
    if (algorithm === "least_outstanding_requests") return this.#leastBusy(open);
    return this.#inTurn(open, slowStartSeconds * 1000);
  }

  /** Newcomers get a share that grows to their full one; where all are new, each turn counts. */
  #inTurn(open: readonly Upstream[], slowMilliseconds: number): Upstream | undefined {
    for (let tried = 0; tried < open.length; tried += 1) {
      this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
      const upstream = open[this.#turn % open.length];
      if (upstream === undefined || slowMilliseconds === 0) return upstream;
      const age = (performance.now() - upstream.inRotationSince) / slowMilliseconds;
      if (age >= 1 || Math.random() < age) return upstream;
    }
    return open[this.#turn % open.length];
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
