import type { Instances } from "../../../instance/index.ts";
import type { CloudDatabase } from "../../../store/database.ts";
import { images } from "../images.ts";
import { hostnameOf, type InstanceRecord } from "./instance-record.ts";

/** How long a terminated instance is still described, in milliseconds: about an hour, as on AWS. */
const shownAfterEndMilliseconds = 3_600_000;

interface FleetOptions {
  readonly db: CloudDatabase;
  readonly driver: Instances;
  readonly clock: () => number;
  /** Called for each instance that is terminated. */
  readonly ended: (instanceId: string) => Promise<void>;
  /** Called whenever the state of an instance has changed. */
  readonly changed: (instanceId: string) => void;
}

/** The instances: their records, and their processes. */
export class Fleet {
  readonly #options: FleetOptions;
  /** The records in the database: this process alone writes them. */
  readonly #records: Map<string, InstanceRecord>;
  /** The operation under way on an instance; the next one waits for it. */
  readonly #turns = new Map<string, Promise<void>>();
  #connected = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    const rows = options.db.all<{ record: string }>("SELECT record FROM instances ORDER BY rowid");
    const records = rows.map(({ record }) => JSON.parse(record) as InstanceRecord); // written by #keep
    this.#records = new Map(records.map((record) => [record.id, record]));
  }

  /** Returns every instance that is still described. One whose processes have ended by themselves is marked stopped. */
  async all(): Promise<readonly InstanceRecord[]> {
    if (!this.#connected) return this.shown();
    const running = new Set(await this.#options.driver.running());
    for (const record of this.#records.values())
      if (record.state === "running" && !running.has(record.id) && !this.#turns.has(record.id)) this.#crashed(record);
    return this.shown();
  }

  find(instanceId: string): InstanceRecord | undefined {
    return this.#records.get(instanceId);
  }

  /** Stores new instances and boots them. */
  add(records: readonly InstanceRecord[]): void {
    this.#options.db.transaction(() => records.forEach((record) => this.#keep(record)));
    for (const { id } of records) this.#inTurn(id, () => this.#boot(id));
  }

  /** Changes the record of an instance. */
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

  /** Resumes every instance where an earlier run of this program has left it. Resolves when those that should run do. */
  async resume(): Promise<void> {
    for (const { id, state } of this.#records.values()) {
      if (state === "pending" || state === "running") this.#inTurn(id, () => this.#boot(id));
      if (state === "stopping") this.#inTurn(id, () => this.#halt(id));
      if (state === "shutting-down") this.#inTurn(id, () => this.#destroy(id));
    }
    await Promise.all(this.#turns.values());
    this.#connected = true;
  }

  /** Resolves when no operation is under way on any instance. */
  async settle(): Promise<void> {
    this.#connected = false;
    await Promise.all(this.#turns.values());
  }

  async #boot(instanceId: string): Promise<void> {
    const record = this.find(instanceId);
    if (record === undefined || record.state === "shutting-down" || record.state === "terminated") return;
    const { privateIp, userData, imageId } = record;
    try {
      await this.#options.driver.launch({
        instanceId,
        privateIp,
        hostname: hostnameOf(privateIp),
        hasAgent: images.find(({ id }) => id === imageId)?.hasAgent ?? true,
        userData: userData === undefined ? undefined : Buffer.from(userData, "base64"),
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

  /** Every instance that is still described, as its record was last written. */
  shown(): readonly InstanceRecord[] {
    const now = this.#options.clock();
    return [...this.#records.values()].filter(
      ({ terminatedAt }) => terminatedAt === undefined || now - terminatedAt < shownAfterEndMilliseconds,
    );
  }

  /** Returns what an instance has written to its console. */
  consoleOutput(instanceId: string): Promise<Buffer> {
    return this.#options.driver.consoleOutput(instanceId);
  }

  #keep(record: InstanceRecord): void {
    this.#options.db.run(
      "INSERT INTO instances (id, record) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET record = ?2",
      record.id,
      JSON.stringify(record),
    );
    const before = this.#records.get(record.id);
    this.#records.set(record.id, record);
    if (before?.state !== record.state) this.#options.changed(record.id);
  }
}

const byUser = {
  Code: "Client.UserInitiatedShutdown",
  Message: "Client.UserInitiatedShutdown: User initiated shutdown",
} as const;
