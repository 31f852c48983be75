import type { Configuration } from "../control/configuration.ts";
import { HaproxyPort } from "./haproxy-port.ts";

/** What HAProxy carries: each port by a process of its own. */
export class HaproxyPorts {
  readonly #options: { readonly enter: readonly string[]; readonly ended: (why: string) => void };
  readonly #ports = new Map<number, HaproxyPort>();

  /** `ended` is told of each process that has ended unasked; the next `configure` starts it again. */
  constructor(options: { readonly enter: readonly string[]; readonly ended: (why: string) => void }) {
    this.#options = options;
  }

  /** Resolves when traffic goes by a configuration. Gives the ports that could not be opened, with the error of each. */
  async configure(configuration: Configuration): Promise<ReadonlyMap<number, unknown>> {
    const wanted = new Set(configuration.listeners.map(({ port }) => port));
    for (const [port, open] of this.#ports)
      if (!wanted.has(port)) {
        this.#ports.delete(port);
        await open.close();
      }
    const refused = new Map<number, unknown>();
    for (const port of wanted)
      await this.#carry(port, configuration).catch((error: unknown) => void refused.set(port, error));
    return refused;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((port) => port.close()));
  }

  async #carry(port: number, configuration: Configuration): Promise<void> {
    const open = this.#ports.get(port);
    if (open !== undefined) return open.configure(configuration);
    const ended = (why: string) => {
      const gone = this.#ports.get(port);
      this.#ports.delete(port);
      void gone?.close();
      this.#options.ended(why);
    };
    this.#ports.set(port, await HaproxyPort.open(port, configuration, { ...this.#options, ended }));
  }
}
