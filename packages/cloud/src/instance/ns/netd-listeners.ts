import { connect, createServer, type Socket } from "node:net";
import type { Instances } from "./netd-instances.ts";

/** Where AWS's own names are answered. */
const securePort = 443;

/** Where instances find AWS's own names and their metadata. Each connection is carried to the control plane, with a first line that says from whom, from which address and to what it is. At its endpoint the control plane listens itself. */
export class Listeners {
  readonly #instances: Instances;
  readonly #outside: string;
  readonly #open = new Map<string, Promise<void>>();

  constructor(instances: Instances, outside: string) {
    this.#instances = instances;
    this.#outside = outside;
  }

  /** Opens both. Opening again changes nothing. */
  async open(): Promise<void> {
    await Promise.all([
      this.#listen("secure", "172.31.0.1", securePort),
      this.#listen("metadata", "169.254.169.254", 80),
    ]);
  }

  #listen(service: "secure" | "metadata", address: string, port: number): Promise<void> {
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

  #carry(service: string, inside: Socket): void {
    const instance = this.#instances.at(inside.remoteAddress ?? "");
    inside.on("error", () => inside.destroy());
    if (instance === undefined) return void inside.destroy();
    const outside = connect({ path: this.#outside, allowHalfOpen: true });
    outside.on("error", () => inside.destroy());
    inside.on("close", () => outside.destroy());
    outside.on("close", () => inside.destroy());
    outside.write(`${service} ${instance} ${inside.remoteAddress ?? ""}\n`);
    inside.pipe(outside);
    outside.pipe(inside);
  }
}
