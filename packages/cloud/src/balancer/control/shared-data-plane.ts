import type { BalancerConfiguration, ProbeResult } from "./configuration.ts";
import { DataPlane, type DataPlaneOptions } from "./data-plane.ts";

/** A service whose traffic is carried. */
export interface DataPlaneUser {
  /** What it wants now. */
  readonly configuration: () => BalancerConfiguration;
  /** Called with the result of each check. */
  readonly probed: (group: string, target: string, outcome: ProbeResult) => void;
}

/** The one data plane of the local cloud, which the services of both generations of load balancers share. */
export class SharedDataPlane {
  readonly #users: DataPlaneUser[] = [];
  readonly #options: Pick<DataPlaneOptions, "onDefect" | "kind">;
  #plane: DataPlane | undefined;
  #started: Promise<void> | undefined;

  constructor(options: Pick<DataPlaneOptions, "onDefect" | "kind">) {
    this.#options = options;
  }

  /** Adds a service, before the start. */
  add(user: DataPlaneUser): void {
    this.#users.push(user);
  }

  /** Starts to carry traffic. `commandPrefix` are the words of `DataPlaneOptions`, once the instances' network is there. */
  start(commandPrefix: Promise<readonly string[]>): Promise<void> {
    this.#started = commandPrefix.then((words) => this.#carry(words));
    return this.#started;
  }

  /** To be called when a service's configuration has changed; resolves when that is in effect. */
  async changed(): Promise<void> {
    await this.#started;
    await this.#plane?.configure(this.#configuration());
  }

  /** Returns why a listener's port is not open, or undefined when it is. */
  refusalOf(port: number): string | undefined {
    return this.#plane?.refusalOf(port);
  }

  async close(): Promise<void> {
    await this.#plane?.close();
  }

  async #carry(commandPrefix: readonly string[]): Promise<void> {
    const probed: DataPlaneUser["probed"] = (...outcome) => this.#users.forEach((user) => user.probed(...outcome));
    this.#plane = new DataPlane({ ...this.#options, commandPrefix, probed });
    await this.#plane.start(this.#configuration());
  }

  #configuration(): BalancerConfiguration {
    const parts = this.#users.map((user) => user.configuration());
    return {
      listeners: parts.flatMap(({ listeners }) => listeners),
      groups: parts.flatMap(({ groups }) => groups),
    };
  }
}
