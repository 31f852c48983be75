import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { HaproxyPorts } from "../haproxy/haproxy-ports.ts";
import type { Configuration, Order, ProbeOutcome, Report } from "./configuration.ts";

/** What can carry traffic: this program itself, or HAProxy where it is installed. */
export type Carrier = "builtin" | "haproxy";

/** What the data plane is opened with. */
export interface DataPlaneOptions {
  /** Words before a command that make it run where instances are reached. */
  readonly enter: readonly string[];
  /** What carries the traffic; checks are ours in any case. */
  readonly carrier: Carrier;
  readonly probed: (group: string, target: string, outcome: ProbeOutcome) => void;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** How long to wait before a balancer that has ended is started again, in milliseconds, so that one that cannot start does not take a whole processor. */
const restartMilliseconds = 200;

/** How long to wait before a port that another program has is tried again, in milliseconds. */
const reopenMilliseconds = 2_000;

/** The process that carries the traffic, as seen from the control side: started again when it ends, and told everything anew. */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  #configuration: Configuration = { listeners: [], groups: [] };
  #balancer: ChildProcess | undefined;
  /** Ports whose sockets the balancer has. */
  readonly #open = new Set<number>();
  /** Ports that could not be opened, and why. */
  readonly #refused = new Map<number, string>();
  #number = 0;
  readonly #waiting = new Map<number, () => void>();
  #turn: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  readonly #haproxy: HaproxyPorts | undefined;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { enter, carrier, onDefect } = options;
    const ended = (why: string) => {
      onDefect(new Error(why), "load balancer");
      void pause(restartMilliseconds).then(() => this.#inTurn(() => this.#apply()));
    };
    this.#haproxy = carrier === "haproxy" ? new HaproxyPorts({ enter, ended }) : undefined;
  }

  /** Starts the balancer; resolves when it carries traffic by this configuration. Ports that cannot be opened are tried again. */
  async start(configuration: Configuration): Promise<void> {
    this.#configuration = configuration;
    await this.#spawn();
  }

  /** Resolves when traffic goes by a new configuration; what `refusalOf` tells is then known too. */
  configure(configuration: Configuration): Promise<void> {
    this.#configuration = configuration;
    return this.#inTurn(() => this.#apply());
  }

  /** Why a port is not open although a listener wants it. It is tried again and again. */
  refusalOf(port: number): string | undefined {
    return this.#refused.get(port);
  }

  /** The balancer's process id; undefined while there is none. */
  get pid(): number | undefined {
    return this.#balancer?.pid;
  }

  /** Ends the balancer with all its connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#retry);
    await this.#turn;
    clearTimeout(this.#retry);
    await this.#haproxy?.close();
    const balancer = this.#balancer;
    if (balancer === undefined) return;
    const gone = once(balancer, "exit");
    if (balancer.connected) balancer.disconnect();
    await gone;
  }

  async #spawn(): Promise<void> {
    const words = [...this.#options.enter, process.execPath, join(import.meta.dirname, "../balancer-main.ts")];
    const [command = "", ...rest] = words;
    const balancer = spawn(command, rest, {
      detached: true, // the signals of a terminal are meant for us
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    const ready = new Promise<void>((resolve, reject) => {
      balancer.once("message", () => resolve());
      balancer.once("error", (cause) => reject(new Error("Cannot start the load balancer's process", { cause })));
      balancer.once("exit", (code, signal) =>
        reject(new Error(`Cannot start the load balancer's process: it ended with ${code ?? signal}`)),
      );
    });
    balancer.on("message", (report: Report) => this.#hear(report));
    await ready;
    this.#balancer = balancer;
    balancer.once(
      "exit",
      (code, signal) => void this.#restart(`the load balancer's process ended with ${code ?? signal}`),
    );
    await this.#inTurn(() => this.#apply());
    for (const why of this.#refused.values()) this.#options.onDefect(new Error(why), "load balancer");
  }

  async #restart(why: string): Promise<void> {
    this.#balancer = undefined;
    this.#open.clear();
    for (const resolve of this.#waiting.values()) resolve(); // the next balancer is told the newest configuration
    this.#waiting.clear();
    if (this.#closing.signal.aborted) return;
    this.#options.onDefect(new Error(why), "load balancer");
    while (!this.#closing.signal.aborted) {
      await pause(restartMilliseconds);
      try {
        return await this.#spawn();
      } catch (error) {
        this.#options.onDefect(error, "load balancer");
      }
    }
  }

  #hear(report: Report): void {
    if (report.kind === "probed") this.#options.probed(report.group, report.target, report.outcome);
    if (report.kind !== "configured") return;
    this.#waiting.get(report.number)?.();
    this.#waiting.delete(report.number);
  }

  async #apply(): Promise<void> {
    const balancer = this.#balancer;
    if (balancer === undefined || this.#closing.signal.aborted) return;
    const configuration = this.#configuration;
    if (this.#haproxy === undefined) await this.#applyBuiltIn(balancer, configuration);
    else await this.#applyHaproxy(this.#haproxy, balancer, configuration);
    clearTimeout(this.#retry);
    if (this.#refused.size > 0)
      this.#retry = setTimeout(() => void this.#inTurn(() => this.#apply()), reopenMilliseconds);
  }

  /** HAProxy has the ports, and the balancer the checks alone. */
  async #applyHaproxy(haproxy: HaproxyPorts, balancer: ChildProcess, configuration: Configuration): Promise<void> {
    await this.#tell(balancer, { ...configuration, listeners: [] });
    const refused = await haproxy.configure(configuration);
    this.#refused.clear();
    for (const [port, error] of refused) this.#refused.set(port, whyRefused(error));
  }

  async #applyBuiltIn(balancer: ChildProcess, configuration: Configuration): Promise<void> {
    const wanted = new Set(configuration.listeners.map(({ port }) => port));
    for (const port of this.#open) if (!wanted.has(port)) this.#open.delete(port);
    await this.#tell(balancer, configuration);
    this.#refused.clear();
    for (const port of wanted)
      if (!this.#open.has(port))
        await this.#handOver(balancer, port).catch((error: unknown) => void this.#refused.set(port, whyRefused(error)));
  }

  /** Resolves when the balancer goes by a configuration. */
  async #tell(balancer: ChildProcess, configuration: Configuration): Promise<void> {
    this.#number += 1;
    const number = this.#number;
    const done = new Promise<void>((resolve) => this.#waiting.set(number, resolve));
    send(balancer, { kind: "configure", number, configuration });
    await done;
  }

  /** Opens a port out here, where clients are, and gives its socket to the balancer. */
  async #handOver(balancer: ChildProcess, port: number): Promise<void> {
    const server = await listen(port);
    // Until our copy of the socket is closed, connections may be accepted here: they go the same way.
    server.on("connection", (socket) => balancer.send({ kind: "connection", port } satisfies Order, socket));
    this.#open.add(port);
    await new Promise<void>((resolve) =>
      balancer.send({ kind: "open", port } satisfies Order, server, {}, () => {
        server.close();
        resolve();
      }),
    );
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }
}

function send(balancer: ChildProcess, order: Order): void {
  balancer.send(order, () => {}); // when it has ended meanwhile, the next one is told
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true });
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function whyRefused(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException; // what `listen` rejects with
  if (code === "EADDRINUSE") return "another program uses it";
  if (code === "EACCES")
    return "ports below 1024 are root's; take a higher one, or allow it with: sudo sysctl net.ipv4.ip_unprivileged_port_start=80";
  return message;
}
