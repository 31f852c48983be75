import type { BalancerConfiguration } from "../control/configuration.ts";
import { HaproxyPort } from "./haproxy-port.ts";

/** The ports that HAProxy carries, each by a process of its own. */
export class HaproxyPorts {
  readonly #options: { readonly commandPrefix: readonly string[]; readonly onEnd: (why: string) => void };
  readonly #ports = new Map<number, HaproxyPort>();

  /** `onEnd` is called for each process that ends by itself; the next `configure` starts it again. */
  constructor(options: { readonly commandPrefix: readonly string[]; readonly onEnd: (why: string) => void }) {
    this.#options = options;
  }

  /** Resolves when a configuration is in effect, to the ports that could not be opened, with the error of each. */
  async configure(configuration: BalancerConfiguration): Promise<ReadonlyMap<number, unknown>> {
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

  async #carry(port: number, configuration: BalancerConfiguration): Promise<void> {
    const open = this.#ports.get(port);
    if (open !== undefined) return open.configure(configuration);
    const onEnd = (why: string) => {
      const gone = this.#ports.get(port);
      this.#ports.delete(port);
      void gone?.close();
      this.#options.onEnd(why);
    };
    this.#ports.set(port, await HaproxyPort.open(port, configuration, { ...this.#options, onEnd }));
  }
}
