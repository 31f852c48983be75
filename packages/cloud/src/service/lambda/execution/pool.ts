import type { RuntimeEvent } from "./runtime-api.ts";
import { type InvocationResult, Sandbox, type SandboxContext } from "./sandbox.ts";
import type { SandboxSpec } from "./sandbox-spec.ts";

/** How long a process stays without an event, in milliseconds: Lambda's are let go after some minutes. */
const idleMillisecondsMax = 300_000;

/** Keys must outlive the longest event, and a little, in milliseconds. */
const keysLastMilliseconds = 16 * 60_000;

/** How long after a failed start the next process that is to be kept ready is started, in milliseconds. */
const againMilliseconds = 5_000;

type PoolSpec = Omit<SandboxSpec, "initialization">;

/** The processes of one version of a function. */
export class Pool {
  readonly spec: PoolSpec;
  readonly #sandboxContext: () => Promise<SandboxContext>;
  readonly #clock: () => number;
  readonly #all = new Set<Sandbox>();
  /** Waiting for an event, the one that waited shortest last. */
  #idle: { readonly sandbox: Sandbox; readonly since: number }[] = [];
  #busy = 0;
  #starting = 0;
  #kept = 0;
  #retired = false;
  #trouble: string | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(spec: PoolSpec, context: () => Promise<SandboxContext>, clock: () => number) {
    this.spec = spec;
    this.#sandboxContext = context;
    this.#clock = clock;
  }

  /** Events under way. */
  get busy(): number {
    return this.#busy;
  }

  /** Whether nothing of it runs, nor is about to. */
  get isEmpty(): boolean {
    return this.#all.size === 0 && this.#busy === 0 && this.#starting === 0;
  }

  /** Processes that have started. */
  get ready(): number {
    return this.#idle.length + this.#busy;
  }

  /** Why a process that was to be kept ready could not be started. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Runs an event in a process that waits, or in a new one. */
  async invoke(event: Omit<RuntimeEvent, "deadline">): Promise<InvocationResult> {
    this.#busy += 1;
    try {
      const waiting = this.#take();
      if (waiting !== undefined) return await this.#run(waiting, event);
      const sandbox = await this.#open("on-demand");
      const failed = await sandbox.start();
      return failed ?? (await this.#run(sandbox, event));
    } finally {
      this.#busy -= 1;
    }
  }

  /** Keeps at least this many processes. */
  keep(count: number): void {
    this.#kept = count;
    if (count === 0) this.#trouble = undefined;
    this.#fill();
  }

  /** Lets go of processes that have had nothing to do for long. Whether none is left. */
  sweep(): boolean {
    const now = this.#clock();
    const spare = Math.max(0, this.#idle.length - this.#kept);
    const old = this.#idle.filter(
      ({ sandbox, since }, index) =>
        (index < spare && now - since >= idleMillisecondsMax) || sandbox.expiresAt - now < keysLastMilliseconds,
    );
    for (const { sandbox } of old) sandbox.end();
    this.#idle = this.#idle.filter((one) => !old.includes(one));
    this.#fill();
    return this.isEmpty && this.#kept === 0;
  }

  /** Ends the waiting processes now, the others when they have answered. */
  retire(): void {
    this.#retired = true;
    this.#kept = 0;
    clearTimeout(this.#again);
    for (const { sandbox } of this.#idle) sandbox.end();
    this.#idle = [];
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.retire();
    const all = [...this.#all];
    for (const sandbox of all) sandbox.end();
    await Promise.all(all.map((sandbox) => sandbox.gone()));
  }

  async #run(sandbox: Sandbox, event: Omit<RuntimeEvent, "deadline">): Promise<InvocationResult> {
    const outcome = await sandbox.invoke(event);
    if (this.#retired) sandbox.end();
    else if (!sandbox.ended) this.#idle.push({ sandbox, since: this.#clock() });
    this.#fill();
    return outcome;
  }

  #take(): Sandbox | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop())
      if (last.sandbox.expiresAt - this.#clock() < keysLastMilliseconds) last.sandbox.end();
      else if (!last.sandbox.ended) return last.sandbox;
    return undefined;
  }

  async #open(initialization: SandboxSpec["initialization"]): Promise<Sandbox> {
    const sandbox = await Sandbox.open({ ...this.spec, initialization }, await this.#sandboxContext());
    this.#all.add(sandbox);
    void sandbox.gone().then(() => {
      this.#all.delete(sandbox);
      this.#idle = this.#idle.filter((one) => one.sandbox !== sandbox);
      this.#fill();
    });
    if (this.#retired && initialization !== "on-demand") sandbox.end();
    return sandbox;
  }

  /** Starts what is missing of the processes that are to be kept. */
  #fill(): void {
    if (this.#retired || this.#again !== undefined) return;
    for (let missing = this.#kept - this.ready - this.#starting; missing > 0; missing -= 1) {
      this.#starting += 1;
      void this.#prepare();
    }
  }

  async #prepare(): Promise<void> {
    try {
      const sandbox = await this.#open("provisioned-concurrency");
      const failed = await sandbox.start();
      this.#trouble = failed?.payload.toString("utf8");
      if (failed === undefined) this.#idle.unshift({ sandbox, since: this.#clock() });
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error); // shown by the status of the provisioned concurrency
    } finally {
      this.#starting -= 1;
    }
    if (this.#trouble === undefined || this.#retired) return;
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.#fill();
    }, againMilliseconds).unref();
  }
}
