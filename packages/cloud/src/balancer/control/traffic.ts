import type { Configuration, ProbeOutcome } from "./configuration.ts";
import { DataPlane, type DataPlaneOptions } from "./data-plane.ts";

/** A service that has traffic carried. */
export interface TrafficOwner {
  /** What it wants now. */
  readonly configuration: () => Configuration;
  /** Told how each check of its targets ended. */
  readonly probed: (group: string, target: string, outcome: ProbeOutcome) => void;
}

/** The one data plane of the local cloud, and the services that share it. */
export class Traffic {
  readonly #owners: TrafficOwner[] = [];
  readonly #options: Pick<DataPlaneOptions, "onDefect" | "carrier">;
  #plane: DataPlane | undefined;
  #started: Promise<void> | undefined;

  constructor(options: Pick<DataPlaneOptions, "onDefect" | "carrier">) {
    this.#options = options;
  }

  /** Takes a service in, before the start. */
  add(owner: TrafficOwner): void {
    this.#owners.push(owner);
  }

  /** Begins to carry traffic. `enter` are words before a command that make it run where instances are reached, once they are known. */
  start(enter: Promise<readonly string[]>): Promise<void> {
    this.#started = enter.then((words) => this.#carry(words));
    return this.#started;
  }

  /** To be called when an owner wants something else; resolves when traffic goes that way. */
  async changed(): Promise<void> {
    await this.#started;
    await this.#plane?.configure(this.#configuration());
  }

  /** Why a port of this machine is not open although a listener wants it. */
  refusalOf(port: number): string | undefined {
    return this.#plane?.refusalOf(port);
  }

  async close(): Promise<void> {
    await this.#plane?.close();
  }

  async #carry(enter: readonly string[]): Promise<void> {
    const probed: TrafficOwner["probed"] = (...outcome) => this.#owners.forEach((owner) => owner.probed(...outcome));
    this.#plane = new DataPlane({ ...this.#options, enter, probed });
    await this.#plane.start(this.#configuration());
  }

  #configuration(): Configuration {
    const parts = this.#owners.map((owner) => owner.configuration());
    return {
      listeners: parts.flatMap(({ listeners }) => listeners),
      groups: parts.flatMap(({ groups }) => groups),
    };
  }
}
