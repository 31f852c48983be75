import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Balancing } from "./balancing.ts";
import { type LoadBalancingRecords, type TargetGroupRecord, targetKey } from "./records.ts";

/** Target groups for Auto Scaling groups, with instances on the target group's port, and for services of ECS, with addresses and ports. */
export class TargetGroups {
  readonly #records: LoadBalancingRecords;
  readonly #balancing: Balancing;

  constructor(records: LoadBalancingRecords, balancing: Balancing) {
    this.#records = records;
    this.#balancing = balancing;
  }

  exists(arn: string): boolean {
    return this.#records.targetGroups.find(arn) !== undefined;
  }

  /** Registers instances on the group's own port. Does nothing when the group is gone. */
  async register(arn: string, instanceIds: readonly string[]): Promise<void> {
    const group = this.#records.targetGroups.find(arn);
    if (group === undefined) return;
    await this.#balancing.register(
      arn,
      instanceIds.map((id) => ({ id, port: group.port })),
    );
  }

  /** Deregisters instances from every port; resolves when they get no new requests. `healthOf` says how long they drain. */
  async deregister(arn: string, instanceIds: readonly string[]): Promise<void> {
    const group = this.#records.targetGroups.find(arn);
    if (group === undefined) return;
    const targets = this.#records.targetsOf(arn).filter(({ id }) => instanceIds.includes(id));
    await this.#balancing.deregister(group, targets.map(targetKey));
  }

  /** Returns what a group says about an instance: the best state of the ports that it is registered on, and `draining` as long as it drains on any. Undefined when it is not registered, or no listener uses the group. */
  healthOf(arn: string, instanceId: string): "initial" | "healthy" | "unhealthy" | "draining" | undefined {
    const group = this.#records.targetGroups.find(arn);
    const states = group === undefined ? [] : this.#entries(group, instanceId).map(({ health: { State } }) => State);
    return (["draining", "healthy", "initial", "unhealthy"] as const).find((state) => states.includes(state));
  }

  /** Returns a group of addresses or instances, or undefined when there is none. */
  find(arn: string): Pick<TargetGroupRecord, "arn" | "name" | "targetType" | "protocol"> | undefined {
    return this.#records.targetGroups.find(arn);
  }

  /** Whether a listener sends traffic to a group. */
  isUsed(arn: string): boolean {
    return this.#records.users().has(arn);
  }

  /** Registers an address and port. Does nothing when the group is gone. */
  async registerAddress(arn: string, target: { readonly id: string; readonly port: number }): Promise<void> {
    if (this.exists(arn)) await this.#balancing.register(arn, [target]);
  }

  /** Deregisters an address and port; resolves when it gets no new requests. `healthOfAddress` says how long it drains. */
  async deregisterAddress(arn: string, target: { readonly id: string; readonly port: number }): Promise<void> {
    const group = this.#records.targetGroups.find(arn);
    if (group !== undefined) await this.#balancing.deregister(group, [targetKey(target)]);
  }

  /** Returns what a group says about an address and port, with its reason, or undefined when they are not registered. */
  healthOfAddress(arn: string, target: { readonly id: string; readonly port: number }): TargetHealth | undefined {
    const group = this.#records.targetGroups.find(arn);
    if (group === undefined) return undefined;
    return this.#balancing.targetsOf(group).find((entry) => targetKey(entry.target) === targetKey(target))?.health;
  }

  #entries(group: TargetGroupRecord, instanceId: string) {
    return this.#balancing.targetsOf(group).filter(({ target }) => target.id === instanceId);
  }
}
