import { connect, createServer, type Socket } from "node:net";
import type { Tasks } from "../../task/netd-tasks.ts";
import type { Instances } from "./instances.ts";

/** What is served outside the instances: AWS's names, and the metadata of instances and of tasks. */
type OutsideService = "secure" | "metadata" | "task";

/** Where AWS's own names are answered. */
const securePort = 443;

/** Identifies the sender of a connection. */
interface Inside {
  readonly instances: Instances;
  readonly tasks: Tasks;
}

/** Listens where instances and tasks expect AWS's own names and their metadata. Each connection is carried to the control plane, behind a first line with its sender, the sender's address and the service meant. At its own endpoint the control plane listens itself. */
export class Listeners {
  readonly #inside: Inside;
  readonly #outside: string;
  readonly #open = new Map<string, Promise<void>>();

  constructor(inside: Inside, outside: string) {
    this.#inside = inside;
    this.#outside = outside;
  }

  /** Opens all of them. Opening again changes nothing. */
  async open(): Promise<void> {
    await Promise.all([
      this.#listen("secure", "172.31.0.1", securePort),
      this.#listen("metadata", "169.254.169.254", 80),
      this.#listen("task", "169.254.170.2", 80),
    ]);
  }

  #listen(service: OutsideService, address: string, port: number): Promise<void> {
    const key = `${address}:${port}`;
    const found = this.#open.get(key);
    if (found !== undefined) return found;
    const opened = new Promise<void>((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#carry(service, socket));
      server.once("error", reject);
      server.listen(port, address, resolve);
    });
    this.#open.set(key, opened);
    return opened;
  }

  #carry(service: OutsideService, inside: Socket): void {
    const who = this.#whoIsAt(inside.remoteAddress ?? "", service);
    inside.on("error", () => inside.destroy());
    if (who === undefined) return void inside.destroy();
    const outside = connect({ path: this.#outside, allowHalfOpen: true });
    outside.on("error", () => inside.destroy());
    inside.on("close", () => outside.destroy());
    outside.on("close", () => inside.destroy());
    outside.write(`${service} ${who} ${inside.remoteAddress ?? ""}\n`);
    inside.pipe(outside);
    outside.pipe(inside);
  }
  #whoIsAt(address: string, service: OutsideService): string | undefined {
    const { instances, tasks } = this.#inside;
    const task = service === "metadata" ? undefined : tasks.at(address);
    return task ?? (service === "task" ? undefined : instances.at(address));
  }
}
