import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { Configuration, Target } from "../control/configuration.ts";
import { pageOf } from "../http/local-responses.ts";
import { backendOf, certificatesOf, groupsOf, haproxyText } from "./haproxy-configuration.ts";

/** How long HAProxy may take to begin, or to take up a new configuration, in milliseconds. */
const beginMilliseconds = 20_000;

/** How long to wait before it is asked once more to take up a configuration, in milliseconds. */
const askAgainMilliseconds = 1_000;

/** Places for targets that each backend has at first: joining and leaving then need no new configuration. */
const placesMin = 16;

/** One port carried by an HAProxy of its own, which inherits the listening socket and keeps it over every reload. */
export class HaproxyPort {
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-lb-"));
  readonly #process: ChildProcess;
  /** The target in each place of each group. */
  #places: Map<string, (Target | undefined)[]>;
  #text: string;
  #isClosing = false;

  private constructor(port: number, configuration: Configuration, start: (file: string) => ChildProcess) {
    this.#port = port;
    for (const status of [400, 502, 503, 504] as const)
      writeFileSync(join(this.#folder, `${status}.http`), errorFile(status));
    this.#places = placesFor(new Map(), this.#own(configuration));
    this.#text = this.#textOf(configuration, this.#places);
    this.#writeCertificates(this.#own(configuration));
    writeFileSync(this.#file, this.#text);
    this.#process = start(this.#file);
  }

  /** Opens a port out here, and starts HAProxy with its socket where targets are reached. `ended` is told when it ends unasked. */
  static async open(
    port: number,
    configuration: Configuration,
    { enter, ended }: { readonly enter: readonly string[]; readonly ended: (why: string) => void },
  ): Promise<HaproxyPort> {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    const opened = new HaproxyPort(port, configuration, (file) => {
      // It ends with us, however we end: nobody else would know of it.
      const words = [...enter, "setpriv", "--pdeathsig", "KILL", "haproxy", "-W", "-db", "-f", file];
      const [command = "", ...rest] = words;
      return spawn(command, rest, {
        detached: true,
        stdio: ["ignore", "ignore", "ignore", descriptorOf(server)],
        env: { PATH: "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin" },
      });
    });
    server.close(); // it has its own copy, and nothing was accepted in between
    opened.#process.once("error", (error) => ended(`Cannot start haproxy: ${error.message}`));
    opened.#process.once("exit", (code, signal) => {
      if (!opened.#isClosing) ended(`haproxy on port ${port} ended with ${code ?? signal}`);
    });
    await opened.#untilWorker();
    return opened;
  }

  /** Resolves when traffic goes by a new configuration: over the runtime socket where only targets have changed. */
  async configure(configuration: Configuration): Promise<void> {
    const own = this.#own(configuration);
    const places = placesFor(this.#places, own);
    const next = this.#textOf(configuration, places);
    if (withoutTargets(next) === withoutTargets(this.#text)) await this.#moveTargets(places);
    else {
      this.#writeCertificates(own);
      await this.#reload(next);
    }
    this.#places = places;
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

  #writeCertificates({ listeners }: Configuration): void {
    const folder = join(this.#folder, "certificates");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    for (const [at, certificate] of certificatesOf(listeners).entries())
      writeFileSync(join(folder, `${String(at).padStart(3, "0")}.pem`), certificate, { mode: 0o600 });
  }

  #own({ listeners, groups }: Configuration): Configuration {
    const own = listeners.filter(({ port }) => port === this.#port);
    const named = groupsOf(own);
    return { listeners: own, groups: groups.filter(({ id }) => named.includes(id)) };
  }

  #textOf(configuration: Configuration, places: Map<string, (Target | undefined)[]>): string {
    return haproxyText({ port: this.#port, configuration, places, folder: this.#folder });
  }

  async #moveTargets(places: Map<string, (Target | undefined)[]>): Promise<void> {
    const commands: string[] = [];
    for (const [group, targets] of places)
      for (const [place, target] of targets.entries()) {
        const before = this.#places.get(group)?.[place];
        const name = `${backendOf(group)}/t${place}`;
        const isMoved = target !== undefined && (before?.host !== target.host || before.port !== target.port);
        if (isMoved) commands.push(`set server ${name} addr ${target.host} port ${target.port}`);
        if (isMoved || before?.inRotation !== target?.inRotation)
          commands.push(`set server ${name} state ${target?.inRotation === true ? "ready" : "maint"}`);
      }
    if (commands.length > 0) await this.#say(commands.join("; "));
  }

  /** HAProxy passes over a signal that comes while it still ends an earlier reload, so it is asked until it has begun. */
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
      if (now - began > beginMilliseconds || this.#process.exitCode !== null)
        throw new Error(`haproxy does not take up its configuration "${this.#file}"`);
      if (now - asked > askAgainMilliseconds) {
        asked = now;
        ask?.();
      }
      await pause(10);
    }
  }

  async #worker(): Promise<string | undefined> {
    return /^Pid: (\d+)$/m.exec(await this.#say("show info"))?.[1];
  }

  async #say(commands: string): Promise<string> {
    const socket = connect(join(this.#folder, "control.sock"));
    await once(socket, "connect");
    socket.write(`${commands}\n`);
    return text(socket);
  }
}

/** The listening socket's number. Node keeps it in an undocumented place, and hands servers down to Node's own children only. */
function descriptorOf(server: Server): number {
  return (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd; // it listens
}

/** Targets keep their places; newcomers get free ones. */
function placesFor(
  before: ReadonlyMap<string, readonly (Target | undefined)[]>,
  { groups }: Configuration,
): Map<string, (Target | undefined)[]> {
  return new Map(
    groups.map(({ id, targets }) => {
      const left = new Map(targets.map((target) => [target.key, target]));
      const places = (before.get(id) ?? []).map((old) => {
        const found = old === undefined ? undefined : left.get(old.key);
        if (found !== undefined) left.delete(found.key);
        return found;
      });
      for (const target of left.values()) {
        const free = places.indexOf(undefined);
        if (free === -1) places.push(target);
        else places[free] = target;
      }
      let wanted = placesMin;
      while (wanted < places.length) wanted *= 2;
      return [id, Array.from({ length: wanted }, (_, place) => places[place])];
    }),
  );
}

/** What cannot be changed over the runtime socket. */
function withoutTargets(configuration: string): string {
  return configuration.replaceAll(/^( {2}server t\d+) \S+/gm, "$1").replaceAll(/ disabled$/gm, "");
}

function errorFile(status: 400 | 502 | 503 | 504): string {
  const { head, body } = pageOf(status);
  const rows = head.split("\r\n").filter((row) => !row.startsWith("Date: "));
  return `${rows.join("\r\n")}\r\n${body}`; // it is sent again and again
}
