import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterProbe, type Health, type ProbeResult, type SharedDataPlane, unchecked } from "../../../balancer/index.ts";
import { attributeOf, targetGroupAttributes } from "./operations/attributes.ts";
import type { ListenerCertificates } from "../../../listener-certificates.ts";
import type { TimeScale } from "../../../time-scale.ts";
import type { BalancedInstances } from "../balanced-instances.ts";
import { type LoadBalancingRecords, type TargetGroupRecord, targetKey, type TargetRecord } from "./records.ts";
import { routingOf } from "./routing.ts";
import { stateOf } from "./target-state.ts";

/** How often draining targets and the states of instances are checked, in milliseconds. */
const checkMilliseconds = 250;

interface BalancingOptions {
  readonly records: LoadBalancingRecords;
  readonly dataPlane: SharedDataPlane;
  readonly instances: BalancedInstances;
  readonly certificates: ListenerCertificates;
  readonly clock: () => number;
  readonly timeScale: TimeScale;
}

/** The states of targets: registered, checked, healthy or not, draining, gone. */
export class Balancing {
  readonly #options: BalancingOptions;
  /** The health of targets with its counts, which are not worth a write each. */
  readonly #health = new Map<string, Health>();
  /** Targets that have become healthy and that the data plane does not know of yet: they are described as healthy once it does. */
  readonly #joining = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #instancesSeen = "";

  constructor(options: BalancingOptions) {
    this.#options = options;
    const { records, instances, certificates, dataPlane } = options;
    dataPlane.add({
      configuration: () => routingOf(records, { instances, certificates }),
      probed: (group, key, outcome) => this.#probed(group, key, outcome),
    });
  }

  /** Starts to check targets that drain, and the instances behind them. */
  start(): void {
    this.#timer = setInterval(() => this.#checkStates(), checkMilliseconds);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when the records are in effect. */
  async apply(): Promise<void> {
    this.#forgetUnused();
    await this.#options.dataPlane.changed();
  }

  /** Returns why a listener's port is not open, or undefined when it is. */
  refusalOf(port: number): string | undefined {
    return this.#options.dataPlane.refusalOf(port);
  }

  instance(id: string): ReturnType<BalancedInstances["find"]> {
    return this.#options.instances.find(id);
  }

  /** Registers targets. A draining target is registered again; a registered one is left alone. */
  async register(groupArn: string, targets: readonly Pick<TargetRecord, "id" | "port">[]): Promise<void> {
    const { records } = this.#options;
    for (const { id, port } of targets) {
      const found = records.target(groupArn, targetKey({ id, port }));
      if (found !== undefined && found.drainsUntil === undefined) continue;
      this.#health.delete(`${groupArn} ${targetKey({ id, port })}`);
      records.putTarget({ groupArn, id, port, health: unchecked });
    }
    await this.apply();
  }

  /** Deregisters targets: they get no new requests once this has resolved, and stay listed until their delay is over. */
  async deregister(group: TargetGroupRecord, keys: readonly string[]): Promise<void> {
    const { records, clock, timeScale } = this.#options;
    const isUsed = records.users().has(group.arn);
    const delay = attributeOf(
      targetGroupAttributes[group.protocol],
      group.attributes,
      "deregistration_delay.timeout_seconds",
    );
    for (const key of keys) {
      const target = records.target(group.arn, key);
      if (target === undefined || target.drainsUntil !== undefined) continue;
      // A group without traffic has nothing to drain.
      if (!isUsed || delay === "0") records.deleteTarget(target);
      else records.putTarget({ ...target, drainsUntil: clock() + timeScale.milliseconds(Number(delay)) });
    }
    await this.apply();
  }

  /** Returns the targets of a group that are registered or draining, each with its state. */
  targetsOf(group: TargetGroupRecord): readonly { readonly target: TargetRecord; readonly health: TargetHealth }[] {
    const { records, instances, clock } = this.#options;
    const isUsed = records.users().has(group.arn);
    return records
      .targetsOf(group.arn)
      .filter(({ drainsUntil }) => drainsUntil === undefined || drainsUntil > clock())
      .map((target) => {
        const isJoining = this.#joining.has(`${group.arn} ${targetKey(target)}`);
        const seen = isJoining ? { ...target, health: unchecked } : target;
        return { target, health: stateOf(seen, { isUsed, instance: instances.find(target.id), group }) };
      });
  }

  #probed(groupArn: string, key: string, outcome: ProbeResult): void {
    const { records } = this.#options;
    const target = records.target(groupArn, key);
    const group = records.targetGroups.find(groupArn);
    if (target === undefined || group === undefined || target.drainsUntil !== undefined) return;
    const id = `${groupArn} ${key}`;
    const health = afterProbe(this.#health.get(id) ?? target.health, outcome, group.check);
    this.#health.set(id, health);
    const seen = ({ state, trouble, failures }: Health) => JSON.stringify([state, trouble, failures > 0]);
    if (seen(health) !== seen(target.health)) records.putTarget({ ...target, health });
    if (health.state === target.health.state) return;
    if (health.state === "healthy") this.#joining.add(id);
    void this.apply().finally(() => this.#joining.delete(id));
  }

  /** Removes targets whose delay is over or whose instance is terminated; those whose instance has stopped leave the rotation. */
  #checkStates(): void {
    const { records, clock, instances } = this.#options;
    const states: string[] = [];
    let isChanged = false;
    for (const target of records.targets()) {
      const isInstance = target.id.startsWith("i-");
      const state = isInstance ? instances.find(target.id)?.state : "running";
      if (state === undefined || state === "terminated" || (target.drainsUntil ?? Infinity) <= clock()) {
        records.deleteTarget(target);
        this.#health.delete(`${target.groupArn} ${targetKey(target)}`);
        isChanged = true;
      }
      states.push(`${target.id} ${state}`);
    }
    const seen = states.join();
    if (isChanged || seen !== this.#instancesSeen) void this.apply();
    this.#instancesSeen = seen;
  }

  /** Resets the health of targets whose group no listener uses any more. */
  #forgetUnused(): void {
    const { records } = this.#options;
    const users = records.users();
    for (const target of records.targets())
      if (!users.has(target.groupArn) && target.health.state !== "initial") {
        this.#health.delete(`${target.groupArn} ${targetKey(target)}`);
        records.putTarget({ ...target, health: unchecked });
      }
  }
}
