import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { BalancerConfiguration, Target } from "../control/configuration.ts";
import { errorResponse } from "../http/local-responses.ts";
import { backendOf, certificatesOf, groupsOf, haproxyText } from "./haproxy-configuration.ts";

/** How long HAProxy may take to start, or to reload its configuration, in milliseconds. */
const startMilliseconds = 20_000;

/** How long to wait before it is signalled again, in milliseconds. */
const retryMilliseconds = 1_000;

/** Server slots that each backend has at first: targets join and leave without a reload. */
const slotsMin = 16;

/** One port carried by an HAProxy of its own, which inherits the listening socket and keeps it over every reload. */
export class HaproxyPort {
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-lb-"));
  readonly #process: ChildProcess;
  /** The target in each slot of each group. */
  #slots: Map<string, (Target | undefined)[]>;
  #text: string;
  #isClosing = false;

  private constructor(port: number, configuration: BalancerConfiguration, start: (file: string) => ChildProcess) {
    this.#port = port;
    for (const status of [400, 502, 503, 504] as const)
      writeFileSync(join(this.#folder, `${status}.http`), errorFile(status));
    this.#slots = slotsFor(new Map(), this.#own(configuration));
    this.#text = this.#textOf(configuration, this.#slots);
    this.#writeCertificates(this.#own(configuration));
    writeFileSync(this.#file, this.#text);
    this.#process = start(this.#file);
  }

  /** Opens a port in the host's network, and starts HAProxy with its socket in the network of the instances. `onEnd` is called when HAProxy ends by itself. */
  static async open(
    port: number,
    configuration: BalancerConfiguration,
    { commandPrefix, onEnd }: { readonly commandPrefix: readonly string[]; readonly onEnd: (why: string) => void },
  ): Promise<HaproxyPort> {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    const opened = new HaproxyPort(port, configuration, (file) => {
      // It must end when this process does, however that ends: nobody else would end it.
      const words = [...commandPrefix, "setpriv", "--pdeathsig", "KILL", "haproxy", "-W", "-db", "-f", file];
      const [command = "", ...rest] = words;
      return spawn(command, rest, {
        detached: true,
        stdio: ["ignore", "ignore", "ignore", descriptorOf(server)],
        env: { PATH: "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin" },
      });
    });
    server.close(); // HAProxy has its own copy, and nothing was accepted in between
    opened.#process.once("error", (error) => onEnd(`Cannot start haproxy: ${error.message}`));
    opened.#process.once("exit", (code, signal) => {
      if (!opened.#isClosing) onEnd(`haproxy on port ${port} ended with ${code ?? signal}`);
    });
    await opened.#untilWorker();
    return opened;
  }

  /** Resolves when a new configuration is in effect: by the runtime socket where only targets have changed, else by a reload. */
  async configure(configuration: BalancerConfiguration): Promise<void> {
    const own = this.#own(configuration);
    const slots = slotsFor(this.#slots, own);
    const next = this.#textOf(configuration, slots);
    if (withoutTargets(next) === withoutTargets(this.#text)) await this.#moveTargets(slots);
    else {
      this.#writeCertificates(own);
      await this.#reload(next);
    }
    this.#slots = slots;
    this.#text = next;
    writeFileSync(this.#file, next);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, "haproxy.cfg");
  }

  #writeCertificates({ listeners }: BalancerConfiguration): void {
    const folder = join(this.#folder, "certificates");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    for (const [at, certificate] of certificatesOf(listeners).entries())
      writeFileSync(join(folder, `${String(at).padStart(3, "0")}.pem`), certificate, { mode: 0o600 });
  }

  #own({ listeners, groups }: BalancerConfiguration): BalancerConfiguration {
    const own = listeners.filter(({ port }) => port === this.#port);
    const named = groupsOf(own);
    return { listeners: own, groups: groups.filter(({ id }) => named.includes(id)) };
  }

  #textOf(configuration: BalancerConfiguration, slots: Map<string, (Target | undefined)[]>): string {
    return haproxyText({ port: this.#port, configuration, slots, folder: this.#folder });
  }

  async #moveTargets(slots: Map<string, (Target | undefined)[]>): Promise<void> {
    const commands: string[] = [];
    for (const [group, targets] of slots)
      for (const [slot, target] of targets.entries()) {
        const before = this.#slots.get(group)?.[slot];
        const name = `${backendOf(group)}/t${slot}`;
        const isMoved = target !== undefined && (before?.host !== target.host || before.port !== target.port);
        if (isMoved) commands.push(`set server ${name} addr ${target.host} port ${target.port}`);
        if (isMoved || before?.inRotation !== target?.inRotation)
          commands.push(`set server ${name} state ${target?.inRotation === true ? "ready" : "maint"}`);
      }
    if (commands.length > 0) await this.#command(commands.join("; "));
  }

  /** HAProxy ignores a signal that comes while it is still ending an earlier reload, so the signal is repeated until it has reloaded. */
  async #reload(next: string): Promise<void> {
    const before = await this.#worker();
    writeFileSync(this.#file, next);
    await this.#untilWorker({ other: before, ask: () => this.#process.kill("SIGUSR2") });
  }

  async #untilWorker({ other, ask }: { other?: string | undefined; ask?: () => void } = {}): Promise<void> {
    const began = performance.now();
    for (let asked = -Infinity; ;) {
      const found = await this.#worker().catch(() => undefined); // it has not opened its socket yet
      if (found !== undefined && found !== other) return;
      const now = performance.now();
      if (now - began > startMilliseconds || this.#process.exitCode !== null)
        throw new Error(`haproxy has not taken on its configuration "${this.#file}"`);
      if (now - asked > retryMilliseconds) {
        asked = now;
        ask?.();
      }
      await pause(10);
    }
  }

  async #worker(): Promise<string | undefined> {
    return /^Pid: (\d+)$/m.exec(await this.#command("show info"))?.[1];
  }

  async #command(commands: string): Promise<string> {
    const socket = connect(join(this.#folder, "control.sock"));
    await once(socket, "connect");
    socket.write(`${commands}\n`);
    return text(socket);
  }
}

/** Returns the listening socket's descriptor. Node keeps it in an undocumented place, and passes servers to children that run Node only. */
function descriptorOf(server: Server): number {
  return (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd; // it listens
}

/** Targets keep their slots; new ones get free slots. */
function slotsFor(
  before: ReadonlyMap<string, readonly (Target | undefined)[]>,
  { groups }: BalancerConfiguration,
): Map<string, (Target | undefined)[]> {
  return new Map(
    groups.map(({ id, targets }) => {
      const left = new Map(targets.map((target) => [target.key, target]));
      const slots = (before.get(id) ?? []).map((old) => {
        const found = old === undefined ? undefined : left.get(old.key);
        if (found !== undefined) left.delete(found.key);
        return found;
      });
      for (const target of left.values()) {
        const free = slots.indexOf(undefined);
        if (free === -1) slots.push(target);
        else slots[free] = target;
      }
      let wanted = slotsMin;
      while (wanted < slots.length) wanted *= 2;
      return [id, Array.from({ length: wanted }, (_, slot) => slots[slot])];
    }),
  );
}

/** Returns the part of a configuration that cannot be changed over the runtime socket. */
function withoutTargets(configuration: string): string {
  return configuration.replaceAll(/^( {2}server t\d+) \S+/gm, "$1").replaceAll(/ disabled$/gm, "");
}

function errorFile(status: 400 | 502 | 503 | 504): string {
  const { head, body } = errorResponse(status);
  const rows = head.split("\r\n").filter((row) => !row.startsWith("Date: "));
  return `${rows.join("\r\n")}\r\n${body}`; // without a date, as it is sent again and again
}
