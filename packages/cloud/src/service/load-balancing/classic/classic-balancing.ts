import type { InstanceState } from "@aws-sdk/client-elastic-load-balancing";
import {
  afterProbe,
  type BalancerConfiguration,
  type TargetGroup,
  type Health,
  type ProbeResult,
  type SharedDataPlane,
  unchecked,
} from "../../../balancer/index.ts";
import type { Records } from "../../../store/records.ts";
import type { TimeScale } from "../../../time-scale.ts";
import type { BalancedInstances } from "../balanced-instances.ts";
import { parseCheckTarget } from "./check-target.ts";
import type { ClassicInstance, ClassicRecord } from "./records.ts";

/** How often draining instances and the states of all are checked, in milliseconds. */
const checkMilliseconds = 250;

interface ClassicBalancingOptions {
  readonly records: Records<ClassicRecord>;
  readonly dataPlane: SharedDataPlane;
  readonly instances: BalancedInstances;
  readonly clock: () => number;
  readonly timeScale: TimeScale;
}

/** The states of instances behind classic load balancers. */
export class ClassicBalancing {
  readonly #options: ClassicBalancingOptions;
  /** Health with its counts, which are not worth a write each. */
  readonly #health = new Map<string, Health>();
  #instancesSeen = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClassicBalancingOptions) {
    this.#options = options;
    options.dataPlane.add({
      configuration: () => this.#routing(),
      probed: (group, target, outcome) => this.#probed(group, target, outcome),
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#checkStates(), checkMilliseconds);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Stores a load balancer; resolves when it is in effect. */
  async keep(record: ClassicRecord): Promise<void> {
    this.#options.records.put(record.name, record);
    await this.#options.dataPlane.changed();
  }

  async delete(name: string): Promise<void> {
    this.#options.records.delete(name);
    await this.#options.dataPlane.changed();
  }

  refusalOf(port: number): string | undefined {
    return this.#options.dataPlane.refusalOf(port);
  }

  /** Returns the load balancer of a name. */
  find(name: string): ClassicRecord | undefined {
    return this.#options.records.find(name);
  }

  isKnown(instanceId: string): boolean {
    return this.#options.instances.find(instanceId) !== undefined;
  }

  async register(record: ClassicRecord, ids: readonly string[]): Promise<ClassicRecord> {
    const stay = record.instances.filter(({ id, drainsUntil }) => !ids.includes(id) || drainsUntil === undefined);
    const fresh = ids.filter((id) => !stay.some((one) => one.id === id));
    for (const id of fresh) this.#health.delete(`${record.name} ${id}`);
    const changed = { ...record, instances: [...stay, ...fresh.map((id) => ({ id, health: unchecked }))] };
    await this.keep(changed);
    return changed;
  }

  /** Deregisters instances: they get no new requests once this has resolved. Those that drain are still listed. */
  async deregister(record: ClassicRecord, ids: readonly string[]): Promise<ClassicRecord> {
    const { clock, timeScale } = this.#options;
    const until = clock() + timeScale.milliseconds(record.drainSeconds);
    const instances = record.instances.flatMap((one): readonly ClassicInstance[] => {
      if (!ids.includes(one.id) || one.drainsUntil !== undefined) return [one];
      return record.isDraining && record.drainSeconds > 0 ? [{ ...one, drainsUntil: until }] : [];
    });
    const changed = { ...record, instances };
    await this.keep(changed);
    return changed;
  }

  /** Returns what a load balancer says about an instance, or undefined when it is not registered. */
  healthOf(name: string, instanceId: string): "initial" | "healthy" | "unhealthy" | "draining" | undefined {
    const found = this.find(name)?.instances.find(({ id }) => id === instanceId);
    return found?.drainsUntil === undefined ? found?.health.state : "draining";
  }

  /** Returns the state of an instance in AWS's words. */
  stateOf(record: ClassicRecord, instanceId: string): InstanceState {
    const found = record.instances.find(({ id }) => id === instanceId);
    const instance = this.#options.instances.find(instanceId);
    const outOfService = (ReasonCode: string, Description: string): InstanceState => ({
      InstanceId: instanceId,
      State: "OutOfService",
      ReasonCode,
      Description,
    });
    if (found === undefined || (found.drainsUntil ?? Infinity) <= this.#options.clock())
      return outOfService("Instance", "Instance is not currently registered with the LoadBalancer.");
    const inService = { InstanceId: instanceId, State: "InService", ReasonCode: "N/A" };
    if (found.drainsUntil !== undefined)
      return { ...inService, Description: "Instance deregistration currently in progress." };
    if (instance?.state !== "running")
      return outOfService("Instance", `Instance is in ${instance?.state ?? "terminated"} state.`);
    if (found.health.state === "healthy") return { ...inService, Description: "N/A" };
    if (found.health.state === "initial") return outOfService("ELB", "Instance registration is still in progress.");
    return outOfService(
      "Instance",
      "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.",
    );
  }

  #routing(): BalancerConfiguration {
    const all = this.#options.records.all();
    return {
      listeners: all.flatMap((record) =>
        record.listeners.map(({ port, protocol, instancePort }) => ({
          id: `${groupOf(record)}:${port}`,
          port,
          protocol,
          hostname: record.dnsName.toLowerCase(),
          idleSeconds: record.idleSeconds,
          rules: [
            {
              conditions: [],
              action: { type: "forward", groups: [{ group: `${groupOf(record)}:${instancePort}`, weight: 1 }] },
            },
          ],
        })),
      ),
      groups: all.flatMap((record) => this.#groups(record)),
    };
  }

  /** One group that is checked, and one for each port that instances serve on. */
  #groups(record: ClassicRecord): readonly TargetGroup[] {
    const traits = { algorithm: "round_robin", slowStartSeconds: 0, cutsConnections: true } as const;
    const { protocol, port, path } = parseCheckTarget(record.check.target);
    const targets = (wanted: number, isChecked: boolean) =>
      record.instances.flatMap(({ id, drainsUntil }) => {
        const instance = this.#options.instances.find(id);
        if (instance === undefined) return [];
        const at = this.#options.instances.addressOf({ instanceId: id, privateIp: instance.privateIp }, wanted);
        const inRotation = !isChecked && drainsUntil === undefined && this.stateOf(record, id).State === "InService";
        const isAlive = drainsUntil === undefined && instance.state === "running";
        return [{ ...at, key: id, checkPort: at.port, inRotation, isChecked: isChecked && isAlive }];
      });
    const { intervalSeconds, timeoutSeconds } = record.check;
    const ports = new Set(record.listeners.map(({ instancePort }) => instancePort));
    return [
      {
        ...traits,
        id: groupOf(record),
        check: { protocol, path, matcher: "200", intervalSeconds, timeoutSeconds },
        targets: targets(port, true),
      },
      ...[...ports].map((one) => ({ ...traits, id: `${groupOf(record)}:${one}`, targets: targets(one, false) })),
    ];
  }

  #probed(group: string, instanceId: string, outcome: ProbeResult): void {
    const { records, dataPlane } = this.#options;
    const record = records.all().find((one) => groupOf(one) === group);
    const found = record?.instances.find(({ id }) => id === instanceId);
    if (record === undefined || found === undefined || found.drainsUntil !== undefined) return;
    const key = `${record.name} ${instanceId}`;
    const health = afterProbe(this.#health.get(key) ?? found.health, outcome, record.check);
    this.#health.set(key, health);
    if (health.state === found.health.state) return;
    const instances = record.instances.map((one) => (one.id === instanceId ? { ...one, health } : one));
    records.put(record.name, { ...record, instances });
    void dataPlane.changed();
  }

  #checkStates(): void {
    const { records, clock, instances, dataPlane } = this.#options;
    const states: string[] = [];
    let isChanged = false;
    for (const record of records.all()) {
      const left = record.instances.filter(({ id, drainsUntil = Infinity }) => {
        const { state = "terminated" } = instances.find(id) ?? {};
        states.push(`${id} ${state}`);
        return state !== "terminated" && drainsUntil > clock();
      });
      if (left.length === record.instances.length) continue;
      records.put(record.name, { ...record, instances: left });
      isChanged = true;
    }
    const seen = states.join();
    if (isChanged || seen !== this.#instancesSeen) void dataPlane.changed();
    this.#instancesSeen = seen;
  }
}

const groupOf = ({ name }: ClassicRecord) => `classic/${name}`;
