import type { InstanceState } from "@sluice/engine";
import type { Clients } from "../gateways/clients.ts";
import { instanceStates } from "../gateways/fleet.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";

export interface InstanceWatchOptions {
  readonly store: Store;
  readonly clientsOf: (record: DeploymentRecord) => Clients;
  readonly onDefect: (error: unknown, deploymentId: string) => void;
}

/** The states of instances that are targets in progress, as EC2 last reported them. */
export class InstanceWatch {
  readonly #options: InstanceWatchOptions;
  #states: Readonly<Record<string, InstanceState>> = {};

  constructor(options: InstanceWatchOptions) {
    this.#options = options;
  }

  /** By instance id. */
  get states(): Readonly<Record<string, InstanceState>> {
    return this.#states;
  }

  /** Reads the states of the instances of these deployments, and forgets the others. */
  async refresh(live: readonly string[]): Promise<void> {
    const { store, clientsOf, onDefect } = this.#options;
    const states: Record<string, InstanceState> = {};
    for (const id of live) {
      const record = store.deployments.byId(id);
      const targets = store.deployments.targets(id).filter(({ status, arn }) => status === "InProgress" && isEc2(arn));
      if (record === undefined || targets.length === 0) continue;
      const ids = targets.map((target) => target.id);
      try {
        Object.assign(states, await instanceStates(clientsOf(record), ids));
      } catch (error) {
        onDefect(error, id); // the role of one group tells nothing about the instances of the others
      }
    }
    this.#states = states;
  }
}

const isEc2 = (arn: string): boolean => arn.startsWith("arn:aws:ec2:");
