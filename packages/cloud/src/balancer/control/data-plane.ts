import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { extname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { HaproxyPorts } from "../haproxy/haproxy-ports.ts";
import type { BalancerConfiguration, BalancerCommand, ProbeResult, BalancerEvent } from "./configuration.ts";

/** What carries traffic: this program itself, or HAProxy where it is installed. */
export type DataPlaneKind = "builtin" | "haproxy";

/** Options of `DataPlane`. */
export interface DataPlaneOptions {
  /** Words before a command that make it run in the network of the instances. */
  readonly commandPrefix: readonly string[];
  /** What carries the traffic. Targets are checked by the balancer in any case. */
  readonly kind: DataPlaneKind;
  readonly probed: (group: string, target: string, outcome: ProbeResult) => void;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** How long to wait before a balancer that has ended is started again, in milliseconds: one that cannot start must not take a whole processor. */
const restartMilliseconds = 200;

/** How long to wait before a port that another program uses is tried again, in milliseconds. */
const reopenMilliseconds = 2_000;

/** The process that carries the traffic, as the server sees it. It is started again when it ends, and gets the whole configuration again. */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  #configuration: BalancerConfiguration = { listeners: [], groups: [] };
  #balancer: ChildProcess | undefined;
  /** Ports whose sockets the balancer has. */
  readonly #open = new Set<number>();
  /** Ports that could not be opened, and why. */
  readonly #refused = new Map<number, string>();
  #number = 0;
  readonly #unconfirmed = new Map<number, () => void>();
  #turn: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  readonly #haproxy: HaproxyPorts | undefined;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { commandPrefix, kind, onDefect } = options;
    const onEnd = (why: string) => {
      onDefect(new Error(why), "load balancer");
      void pause(restartMilliseconds).then(() => this.#serialize(() => this.#apply()));
    };
    this.#haproxy = kind === "haproxy" ? new HaproxyPorts({ commandPrefix, onEnd }) : undefined;
  }

  /** Starts the balancer; resolves when this configuration is in effect. Ports that cannot be opened are tried again. */
  async start(configuration: BalancerConfiguration): Promise<void> {
    this.#configuration = configuration;
    await this.#spawn();
  }

  /** Resolves when a new configuration is in effect, and `refusalOf` is up to date. */
  configure(configuration: BalancerConfiguration): Promise<void> {
    this.#configuration = configuration;
    return this.#serialize(() => this.#apply());
  }

  /** Returns why a listener's port is not open, or undefined when it is. It is tried again and again. */
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
    const program = join(import.meta.dirname, `../balancer-main${extname(import.meta.filename)}`);
    const words = [...this.#options.commandPrefix, process.execPath, program];
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
    balancer.on("message", (event: BalancerEvent) => this.#onEvent(event));
    await ready;
    this.#balancer = balancer;
    balancer.once(
      "exit",
      (code, signal) => void this.#restart(`the load balancer's process ended with ${code ?? signal}`),
    );
    await this.#serialize(() => this.#apply());
    for (const why of this.#refused.values()) this.#options.onDefect(new Error(why), "load balancer");
  }

  async #restart(why: string): Promise<void> {
    this.#balancer = undefined;
    this.#open.clear();
    for (const resolve of this.#unconfirmed.values()) resolve(); // the next balancer gets the newest configuration
    this.#unconfirmed.clear();
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

  #onEvent(event: BalancerEvent): void {
    if (event.kind === "probed") this.#options.probed(event.group, event.target, event.outcome);
    if (event.kind !== "configured") return;
    this.#unconfirmed.get(event.number)?.();
    this.#unconfirmed.delete(event.number);
  }

  async #apply(): Promise<void> {
    const balancer = this.#balancer;
    if (balancer === undefined || this.#closing.signal.aborted) return;
    const configuration = this.#configuration;
    if (this.#haproxy === undefined) await this.#applyBuiltIn(balancer, configuration);
    else await this.#applyHaproxy(this.#haproxy, balancer, configuration);
    clearTimeout(this.#retry);
    if (this.#refused.size > 0)
      this.#retry = setTimeout(() => void this.#serialize(() => this.#apply()), reopenMilliseconds);
  }

  /** HAProxy has the ports, and the balancer only checks targets. */
  async #applyHaproxy(
    haproxy: HaproxyPorts,
    balancer: ChildProcess,
    configuration: BalancerConfiguration,
  ): Promise<void> {
    await this.#send(balancer, { ...configuration, listeners: [] });
    const refused = await haproxy.configure(configuration);
    this.#refused.clear();
    for (const [port, error] of refused) this.#refused.set(port, whyRefused(error));
  }

  async #applyBuiltIn(balancer: ChildProcess, configuration: BalancerConfiguration): Promise<void> {
    const wanted = new Set(configuration.listeners.map(({ port }) => port));
    for (const port of this.#open) if (!wanted.has(port)) this.#open.delete(port);
    await this.#send(balancer, configuration);
    this.#refused.clear();
    for (const port of wanted)
      if (!this.#open.has(port))
        await this.#passSocket(balancer, port).catch(
          (error: unknown) => void this.#refused.set(port, whyRefused(error)),
        );
  }

  /** Resolves when the balancer has taken on a configuration. */
  async #send(balancer: ChildProcess, configuration: BalancerConfiguration): Promise<void> {
    this.#number += 1;
    const number = this.#number;
    const done = new Promise<void>((resolve) => this.#unconfirmed.set(number, resolve));
    send(balancer, { kind: "configure", number, configuration });
    await done;
  }

  /** Opens a port in the host's network, where clients are, and passes its socket to the balancer. */
  async #passSocket(balancer: ChildProcess, port: number): Promise<void> {
    const server = await listen(port);
    // Until our copy of the socket is closed, connections may be accepted here: they are passed on too.
    server.on("connection", (socket) => balancer.send({ kind: "connection", port } satisfies BalancerCommand, socket));
    this.#open.add(port);
    await new Promise<void>((resolve) =>
      balancer.send({ kind: "open", port } satisfies BalancerCommand, server, {}, () => {
        server.close();
        resolve();
      }),
    );
  }

  #serialize(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }
}

function send(balancer: ChildProcess, command: BalancerCommand): void {
  balancer.send(command, () => {}); // when it has ended meanwhile, the next one gets it
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
    return "only root may use ports below 1024; choose a higher one, or allow it with: sudo sysctl net.ipv4.ip_unprivileged_port_start=80";
  return message;
}
