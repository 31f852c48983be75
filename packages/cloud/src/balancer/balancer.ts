import { Server, type Socket } from "node:net";
import type { BalancerConfiguration, Listener, BalancerCommand, BalancerEvent } from "./control/configuration.ts";
import { HttpListener } from "./connections/http-listener.ts";
import { Prober } from "./control/prober.ts";
import { TlsListener } from "./connections/tls-listener.ts";
import { reset, tunnelTcp } from "./connections/tunnel.ts";
import { TargetPool, type Upstream } from "./routing/upstreams.ts";

/** The balancer: the listening sockets that it was given, and the traffic that comes in by them. */
export class Balancer {
  readonly #report: (event: BalancerEvent) => void;
  readonly #prober: Prober;
  readonly #servers = new Map<number, Server>();
  readonly #httpListeners = new Map<number, HttpListener>();
  readonly #pools = new Map<string, TargetPool>();
  readonly #tlsListeners = new Map<number, TlsListener>();
  #listeners: readonly Listener[] = [];

  constructor(report: (event: BalancerEvent) => void) {
    this.#report = report;
    this.#prober = new Prober((group, target, outcome) => report({ kind: "probed", group, target, outcome }));
  }

  execute(command: BalancerCommand, handle: unknown): void {
    if (command.kind === "open" && handle instanceof Server) this.#open(command.port, handle);
    if (command.kind === "connection" && handle !== undefined) this.#accept(command.port, handle as Socket); // what the server sends with it
    if (command.kind === "configure") {
      this.#configure(command.configuration);
      this.#report({ kind: "configured", number: command.number });
    }
  }

  #open(port: number, server: Server): void {
    this.#servers.set(port, server);
    server.on("connection", (socket) => this.#accept(port, socket));
  }

  #configure(configuration: BalancerConfiguration): void {
    this.#listeners = configuration.listeners;
    this.#configurePools(configuration);
    const byPort = Map.groupBy(configuration.listeners, ({ port }) => port);
    for (const [port, server] of this.#servers)
      if (!byPort.has(port)) {
        server.close();
        this.#servers.delete(port);
      }
    for (const [port, http] of this.#httpListeners)
      if (byPort.get(port)?.[0]?.protocol !== "HTTP") {
        http.close();
        this.#httpListeners.delete(port);
      }
    this.#configureTls(byPort);
    for (const [port, listeners] of byPort) {
      if (listeners[0]?.protocol !== "HTTP") continue;
      const http = this.#httpListeners.get(port) ?? new HttpListener();
      this.#httpListeners.set(port, http);
      http.configure(listeners, this.#pools);
    }
    this.#prober.configure(configuration);
  }

  #configureTls(byPort: ReadonlyMap<number, readonly Listener[]>): void {
    for (const port of this.#tlsListeners.keys())
      if (byPort.get(port)?.[0]?.tls === undefined) this.#tlsListeners.delete(port);
    for (const [port, listeners] of byPort) {
      const settings = listeners.flatMap(({ tls }) => tls ?? []);
      const [first] = settings;
      if (first === undefined) continue;
      const tls = this.#tlsListeners.get(port) ?? new TlsListener((socket) => this.#serve(port, socket));
      this.#tlsListeners.set(port, tls);
      tls.configure({ ...first, certificates: settings.flatMap(({ certificates }) => certificates) });
    }
  }

  #configurePools({ groups }: BalancerConfiguration): void {
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

  #accept(port: number, socket: Socket): void {
    const tls = this.#tlsListeners.get(port);
    if (tls !== undefined) tls.accept(socket);
    else this.#serve(port, socket);
  }

  #serve(port: number, socket: Socket): void {
    const http = this.#httpListeners.get(port);
    if (http !== undefined) return http.accept(socket);
    const listener = this.#listeners.find((listener) => listener.port === port);
    const action = listener?.rules[0]?.action;
    if (listener === undefined || action?.type !== "forward") return reset(socket);
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    const pool = this.#pools.get(action.groups[0]?.group ?? "");
    const sourceIp = socket.remoteAddress;
    const pick = (excluded: ReadonlySet<Upstream>) => pool?.pick({ sourceIp, excluded });
    tunnelTcp(socket, { pick, idleMilliseconds: listener.idleSeconds * 1000 });
  }
}
