import { Server, type Socket } from "node:net";
import type { Configuration, Listener, Order, Report } from "./control/configuration.ts";
import { HttpFront } from "./connections/http-front.ts";
import { Prober } from "./control/prober.ts";
import { SecureDoor } from "./connections/secure-door.ts";
import { refuse, tunnelTcp } from "./connections/tunnel.ts";
import { TargetPool, type Upstream } from "./routing/upstreams.ts";

/** The balancer: listening sockets that it was handed, and the traffic that comes in by them. */
export class Balancer {
  readonly #report: (report: Report) => void;
  readonly #prober: Prober;
  readonly #servers = new Map<number, Server>();
  readonly #fronts = new Map<number, HttpFront>();
  readonly #pools = new Map<string, TargetPool>();
  readonly #doors = new Map<number, SecureDoor>();
  #listeners: readonly Listener[] = [];

  constructor(report: (report: Report) => void) {
    this.#report = report;
    this.#prober = new Prober((group, target, outcome) => report({ kind: "probed", group, target, outcome }));
  }

  obey(order: Order, handle: unknown): void {
    if (order.kind === "open" && handle instanceof Server) this.#open(order.port, handle);
    if (order.kind === "connection" && handle !== undefined) this.#take(order.port, handle as Socket); // what the control side sends with it
    if (order.kind === "configure") {
      this.#configure(order.configuration);
      this.#report({ kind: "configured", number: order.number });
    }
  }

  #open(port: number, server: Server): void {
    this.#servers.set(port, server);
    server.on("connection", (socket) => this.#take(port, socket));
  }

  #configure(configuration: Configuration): void {
    this.#listeners = configuration.listeners;
    this.#configurePools(configuration);
    const byPort = Map.groupBy(configuration.listeners, ({ port }) => port);
    for (const [port, server] of this.#servers)
      if (!byPort.has(port)) {
        server.close();
        this.#servers.delete(port);
      }
    for (const [port, front] of this.#fronts)
      if (byPort.get(port)?.[0]?.protocol !== "HTTP") {
        front.close();
        this.#fronts.delete(port);
      }
    this.#configureDoors(byPort);
    for (const [port, listeners] of byPort) {
      if (listeners[0]?.protocol !== "HTTP") continue;
      const front = this.#fronts.get(port) ?? new HttpFront();
      this.#fronts.set(port, front);
      front.configure(listeners, this.#pools);
    }
    this.#prober.configure(configuration);
  }

  #configureDoors(byPort: ReadonlyMap<number, readonly Listener[]>): void {
    for (const port of this.#doors.keys()) if (byPort.get(port)?.[0]?.tls === undefined) this.#doors.delete(port);
    for (const [port, listeners] of byPort) {
      const tls = listeners.flatMap((listener) => listener.tls ?? []);
      const [first] = tls;
      if (first === undefined) continue;
      const door = this.#doors.get(port) ?? new SecureDoor((socket) => this.#carry(port, socket));
      this.#doors.set(port, door);
      door.configure({ ...first, certificates: tls.flatMap(({ certificates }) => certificates) });
    }
  }

  #configurePools({ groups }: Configuration): void {
    const wanted = new Set(groups.map(({ id }) => id));
    for (const [id, pool] of this.#pools)
      if (!wanted.has(id)) {
        pool.close();
        this.#pools.delete(id);
      }
    for (const group of groups) {
      const pool = this.#pools.get(group.id);
      if (pool === undefined) this.#pools.set(group.id, new TargetPool(group));
      else pool.configure(group);
    }
  }

  #take(port: number, socket: Socket): void {
    const door = this.#doors.get(port);
    if (door !== undefined) door.take(socket);
    else this.#carry(port, socket);
  }

  #carry(port: number, socket: Socket): void {
    const front = this.#fronts.get(port);
    if (front !== undefined) return front.take(socket);
    const listener = this.#listeners.find((listener) => listener.port === port);
    const action = listener?.rules[0]?.action;
    if (listener === undefined || action?.type !== "forward") return refuse(socket);
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    const pool = this.#pools.get(action.groups[0]?.group ?? "");
    const sourceIp = socket.remoteAddress;
    const pick = (except: ReadonlySet<Upstream>) => pool?.pick({ sourceIp, except });
    tunnelTcp(socket, { pick, idleMilliseconds: listener.idleSeconds * 1000 });
  }
}
