import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Request } from "../control-protocol.ts";
import type { StateFolders } from "../folders.ts";
import { awaitMap, firstProcessBelow, type Links, mapUsers } from "./namespaces.ts";

/** What instances are made of. */
export interface Carrier {
  readonly folders: StateFolders;
  /** The folder of our shell scripts. */
  readonly scripts: string;
  readonly node: string;
  /** `many` user ids inside, or `one`. */
  readonly map: string;
}

interface Instance {
  readonly address: string;
  readonly process: ChildProcess;
  /** Resolves when the instance is up; rejects when it ends before. */
  readonly up: Promise<void>;
  readonly ended: Promise<void>;
}

/** How long an instance may take to end by itself after SIGTERM, in milliseconds. */
const endsWithinMilliseconds = 3_000;

/** The instances that run in this namespace. */
export class Instances {
  readonly #carrier: Carrier;
  readonly #links: Links;
  readonly #instances = new Map<string, Instance>();

  constructor(carrier: Carrier, links: Links) {
    this.#carrier = carrier;
    this.#links = links;
  }

  /** Throws when the base layer cannot be mounted here: overlays are not to be had everywhere. */
  check(names: readonly string[]): void {
    if (!names.includes("base")) throw new Error("the base layer has not been built");
    const { state, base } = this.#carrier.folders;
    const probe = join(state, "probe");
    for (const name of ["upper", "work", "root"]) mkdirSync(join(probe, name), { recursive: true });
    const options = `lowerdir=${base}/usr:/usr,upperdir=${probe}/upper,workdir=${probe}/work,userxattr`;
    execFileSync("unshare", ["-m", "mount", "-t", "overlay", "overlay", "-o", options, join(probe, "root")]);
    rmSync(probe, { recursive: true, force: true });
  }

  /** Starts an instance; resolves when it has booted. */
  launch(request: Extract<Request, { op: "launch" }>): Promise<void> {
    const found = this.#instances.get(request.instanceId);
    if (found !== undefined) return found.up;
    const instance = this.#start(request);
    this.#instances.set(request.instanceId, instance);
    void instance.ended.then(() => this.#instances.delete(request.instanceId));
    return instance.up;
  }

  /** Ends an instance; its disk stays. */
  async stop(instanceId: string): Promise<void> {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) return;
    try {
      process.kill(this.firstProcess(instanceId), "SIGTERM");
    } catch {
      // It is ending already, or has not begun: SIGKILL below covers both.
    }
    const patience = setTimeout(() => instance.process.kill("SIGKILL"), endsWithinMilliseconds);
    await instance.ended;
    clearTimeout(patience);
  }

  /** Ends an instance and deletes its disk. */
  async terminate(instanceId: string): Promise<void> {
    const instance = this.#instances.get(instanceId);
    instance?.process.kill("SIGKILL");
    await instance?.ended;
    rmSync(this.#folder(instanceId), { recursive: true, force: true });
  }

  running(): readonly string[] {
    return [...this.#instances.keys()];
  }

  /** Returns the instance with an address, or undefined when there is none. */
  at(address: string): string | undefined {
    return [...this.#instances].find(([, instance]) => instance.address === address)?.[0];
  }

  /** Returns the process id, as seen from here, of the first process of an instance. Throws when it does not run. */
  firstProcess(instanceId: string): number {
    const first = firstProcessBelow(this.#instances.get(instanceId)?.process.pid);
    if (first === undefined) throw new Error(`Instance ${instanceId} does not run`);
    return first;
  }

  #folder(instanceId: string): string {
    // Ids come over the control socket and become folders that are deleted.
    if (!/^i-[0-9a-f]{8,17}$/.test(instanceId)) throw new Error(`"${instanceId}" is not an instance id`);
    return join(this.#carrier.folders.instances, instanceId);
  }

  #start(request: Extract<Request, { op: "launch" }>): Instance {
    const { instanceId, privateIp, hostname, userData } = request;
    const folder = this.#folder(instanceId);
    const isNew = !existsSync(join(folder, "root", "usr"));
    mkdirSync(folder, { recursive: true });
    if (isNew && userData !== undefined)
      writeFileSync(join(folder, "user-data"), Buffer.from(userData, "base64"), { mode: 0o700 });
    const log = openSync(join(folder, "console.log"), "a");
    const script = join(this.#carrier.scripts, "boot-instance.sh");
    const child = spawn(
      "unshare",
      // A user namespace of its own: root of an instance has rights over what is the instance's, and over nothing else here.
      ["-U", "-m", "-p", "-n", "-u", "-i", "-f", "--kill-child=KILL", "sh", "-c", awaitMap, "sh", "sh", script],
      {
        stdio: ["pipe", log, log, "pipe"],
        env: {
          PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
          INSTANCE: folder,
          BASE: this.#carrier.folders.base,
          NODE: this.#carrier.node,
          MAP: this.#carrier.map,
          HOST_NAME: hostname,
          ADDRESS: privateIp,
          GATEWAY: "172.31.0.1",
          HAS_AGENT: request.hasAgent ? "yes" : "",
          PACKAGE_LOCKS: String(request.packageLocks),
        },
      },
    );
    closeSync(log);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const failed = ended.then(() =>
      Promise.reject(
        new Error(`Instance ${instanceId} ended before it had booted: ${lastLines(join(folder, "console.log"))}`),
      ),
    );
    const up = Promise.race([this.#boot(child, privateIp), failed]);
    up.catch(() => {}); // the caller of launch awaits it
    failed.catch(() => {}); // an instance that has booted ends some day, too
    return { address: privateIp, process: child, up, ended };
  }

  async #boot(child: ChildProcess, address: string): Promise<void> {
    const [input, progress] = [child.stdin as Writable, child.stdio[3] as Readable]; // opened as pipes above
    for await (const line of createInterface({ input: progress })) {
      if (line === "booted") return;
      if (line !== "ready") continue;
      mapUsers(child.pid ?? 0);
      input.write("mapped\n");
      await this.#links.connect(address, child.pid ?? 0);
      input.write("network\n");
    }
  }
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-3).join("; ");
}
