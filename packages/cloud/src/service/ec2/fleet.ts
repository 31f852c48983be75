import type { InstanceDriver } from "../../instance/index.ts";
import type { CloudDatabase } from "../../store/database.ts";
import { hostnameOf, type InstanceRecord } from "./instance-record.ts";

/** How long a terminated instance is still shown, in milliseconds: about an hour, as on AWS. */
const shownAfterEndMilliseconds = 3_600_000;

/** What the fleet works with. */
export interface FleetOptions {
  readonly db: CloudDatabase;
  readonly driver: InstanceDriver;
  readonly clock: () => number;
  /** Told of each instance that has ended for good. */
  readonly ended: (instanceId: string) => Promise<void>;
}

/** The instances: what is kept of each, and what really runs. */
export class Fleet {
  readonly #options: FleetOptions;
  /** What is being done to an instance; the next thing waits for it. */
  readonly #turns = new Map<string, Promise<void>>();
  #connected = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Every instance that is shown. One whose processes have ended by themselves is stopped. */
  async all(): Promise<readonly InstanceRecord[]> {
    const records = this.#records();
    if (!this.#connected) return records;
    const running = new Set(await this.#options.driver.running());
    for (const record of records)
      if (record.state === "running" && !running.has(record.id) && !this.#turns.has(record.id)) this.#crashed(record);
    return this.#records();
  }

  find(instanceId: string): InstanceRecord | undefined {
    const row = this.#options.db.get<{ record: string }>("SELECT record FROM instances WHERE id = ?", instanceId);
    return row && (JSON.parse(row.record) as InstanceRecord); // written by #keep
  }

  /** Keeps new instances and boots them. */
  add(records: readonly InstanceRecord[]): void {
    this.#options.db.transaction(() => records.forEach((record) => this.#keep(record)));
    for (const { id } of records) this.#inTurn(id, () => this.#boot(id));
  }

  /** Changes what is kept of an instance. */
  change(instanceId: string, fields: Partial<InstanceRecord>): void {
    const record = this.find(instanceId);
    if (record !== undefined) this.#keep({ ...record, ...fields });
  }

  start(instanceId: string): void {
    this.change(instanceId, { state: "pending" });
    this.#inTurn(instanceId, () => this.#boot(instanceId));
  }

  stop(instanceId: string): void {
    this.change(instanceId, { state: "stopping", stateReason: byUser });
    this.#inTurn(instanceId, () => this.#halt(instanceId));
  }

  reboot(instanceId: string): void {
    this.#inTurn(instanceId, async () => {
      await this.#options.driver.stop(instanceId);
      await this.#boot(instanceId);
    });
  }

  terminate(instanceId: string): void {
    this.change(instanceId, { state: "shutting-down", stateReason: byUser });
    this.#inTurn(instanceId, () => this.#destroy(instanceId));
  }

  /** Takes every instance up where an earlier life of this program has left it. Resolves when those that should run do. */
  async resume(): Promise<void> {
    for (const { id, state } of this.#records()) {
      if (state === "pending" || state === "running") this.#inTurn(id, () => this.#boot(id));
      if (state === "stopping") this.#inTurn(id, () => this.#halt(id));
      if (state === "shutting-down") this.#inTurn(id, () => this.#destroy(id));
    }
    await Promise.all(this.#turns.values());
    this.#connected = true;
  }

  /** Resolves when nothing is being done to any instance. */
  async settle(): Promise<void> {
    this.#connected = false;
    await Promise.all(this.#turns.values());
  }

  async #boot(instanceId: string): Promise<void> {
    const record = this.find(instanceId);
    if (record === undefined || record.state === "shutting-down" || record.state === "terminated") return;
    const { privateIp, userData } = record;
    try {
      await this.#options.driver.launch({
        instanceId,
        privateIp,
        hostname: hostnameOf(privateIp),
        ...(userData === undefined ? {} : { userData: Buffer.from(userData, "base64") }),
      });
      if (this.find(instanceId)?.state !== "shutting-down") this.change(instanceId, { state: "running" });
    } catch (error) {
      const Message = `Server.InternalError: ${error instanceof Error ? error.message : String(error)}`;
      this.change(instanceId, {
        state: "terminated",
        terminatedAt: this.#options.clock(),
        stateReason: { Code: "Server.InternalError", Message },
      });
    }
  }

  async #halt(instanceId: string): Promise<void> {
    await this.#options.driver.stop(instanceId);
    if (this.find(instanceId)?.state === "stopping") this.change(instanceId, { state: "stopped" });
  }

  async #destroy(instanceId: string): Promise<void> {
    await this.#options.driver.terminate(instanceId);
    await this.#options.ended(instanceId);
    this.change(instanceId, { state: "terminated", terminatedAt: this.#options.clock() });
  }

  #crashed({ id }: InstanceRecord): void {
    this.change(id, {
      state: "stopped",
      stateReason: {
        Code: "Server.InternalError",
        Message: "Server.InternalError: the instance's processes have ended",
      },
    });
  }

  #inTurn(instanceId: string, work: () => Promise<void>): void {
    const turn = (this.#turns.get(instanceId) ?? Promise.resolve()).then(work).catch(() => {}); // the control plane is closing: the next start takes it up
    this.#turns.set(instanceId, turn);
    void turn.then(() => this.#turns.get(instanceId) === turn && this.#turns.delete(instanceId));
  }

  #records(): readonly InstanceRecord[] {
    const now = this.#options.clock();
    return this.#options.db
      .all<{ record: string }>("SELECT record FROM instances ORDER BY rowid")
      .map(({ record }) => JSON.parse(record) as InstanceRecord) // written by #keep
      .filter(({ terminatedAt }) => terminatedAt === undefined || now - terminatedAt < shownAfterEndMilliseconds);
  }

  #keep(record: InstanceRecord): void {
    this.#options.db.run(
      "INSERT INTO instances (id, record) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET record = ?2",
      record.id,
      JSON.stringify(record),
    );
  }
}

const byUser = {
  Code: "Client.UserInitiatedShutdown",
  Message: "Client.UserInitiatedShutdown: User initiated shutdown",
} as const;
