import { join } from "node:path";
import { Fault } from "@sluice/aws-protocol";
import { endProcesses } from "../../../instance/plain/processes.ts";
import type { LogStore } from "../../logs/index.ts";
import type { VersionRecord } from "../store/function-rows.ts";
import type { Runtimes } from "../runtimes/runtimes.ts";
import type { RoleKeys } from "./function-environment.ts";
import { findIsolation, type Isolation } from "./isolation.ts";
import { Pool } from "./pool.ts";
import type { InvocationResult } from "./sandbox.ts";
import type { SandboxSpec } from "./sandbox-spec.ts";

/** A call of one version of a function. */
interface Job {
  readonly name: string;
  readonly version: string;
  readonly record: VersionRecord;
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: Uint8Array;
  readonly clientContext?: string | undefined;
  /** Events that all versions of the function may handle at once, when it has a limit of its own. */
  readonly reserved?: number | undefined;
}

/** What runs functions needs. */
interface ExecutorOptions {
  /** Of all functions. */
  readonly folder: string;
  /** Folders that no function may see anything of. */
  readonly hidden: readonly string[];
  readonly codeFolder: (code: string) => string;
  readonly runtimes: Runtimes;
  readonly logs: LogStore;
  readonly clock: () => number;
  readonly region: string;
  readonly endpoint: () => string;
  /** Keys of a function's role. Throws a Fault when there is no such role, or when it does not trust Lambda. */
  readonly roleKeys: (role: string, session: string) => Promise<RoleKeys>;
  readonly note: (line: string) => void;
}

/** Events that all functions may handle at once: each is a process of this machine. */
export const concurrencyMax = 200;

/** How often idle processes are ended, in milliseconds. */
const sweepMilliseconds = 30_000;

/** A session of a role serves new processes until this long before its end, in milliseconds. */
const keysRenewedMilliseconds = 30 * 60_000;

/** Characters of a session's name: STS wants two, a function may have one. */
const sessionNameMin = 2;

/** Runs functions: one process for each event under way, kept for the next one. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #pools = new Map<string, Pool>();
  /** Pools of earlier states, whose last events are not over. */
  readonly #retired = new Set<Pool>();
  readonly #sessions = new Map<string, RoleKeys>();
  readonly #sweeper: NodeJS.Timeout;
  #started: Promise<void> | undefined;
  #isolation: Promise<Isolation> | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#sweep(), sweepMilliseconds).unref();
  }

  /** Ends what an earlier life has left, if anything: once, and before the first process of this one, which a call may want earlier than a start. */
  start(): Promise<void> {
    this.#started ??= endProcesses(this.#options.folder);
    return this.#started;
  }

  /** Runs an event to its end. Throws a Fault when too many run already. */
  async invoke(job: Job): Promise<InvocationResult> {
    const busy = (pools: readonly Pool[]) => pools.reduce((sum, pool) => sum + pool.busy, 0);
    if (job.reserved !== undefined && busy(this.#poolsOf(job.name)) >= job.reserved)
      throw tooMany("ReservedFunctionConcurrentInvocationLimitExceeded");
    if (busy([...this.#pools.values()]) >= concurrencyMax) throw tooMany("ConcurrentInvocationLimitExceeded");
    const pool = this.#pool(job.name, job.version, job.record);
    const { requestId, functionArn, payload, clientContext } = job;
    return pool.invoke({ requestId, functionArn, payload, clientContext });
  }

  /** Keeps this many processes of a version ready; 0 ends that. */
  provision(name: string, version: string, { record, count }: { record: VersionRecord; count: number }): void {
    if (count === 0 && !this.#pools.has(keyOf(name, version, record))) return;
    this.#pool(name, version, record).keep(count);
  }

  /** How many of a version's processes are ready, and why the last one that was to be kept ready is not. */
  ready(name: string, version: string, record: VersionRecord): { count: number; trouble: string | undefined } {
    const pool = this.#pools.get(keyOf(name, version, record));
    return { count: pool?.ready ?? 0, trouble: pool?.trouble };
  }

  /** Throws a Fault when a role cannot be assumed for a function. */
  async checkRole(role: string, name: string): Promise<void> {
    await this.#keys(role, name);
  }

  /** Ends the processes of a function that are not of this state of it; those that handle an event end after it. */
  retire(name: string, version?: string): void {
    for (const [key, pool] of this.#pools)
      if (pool.spec.name === name && (version === undefined || pool.spec.version === version)) {
        this.#pools.delete(key);
        this.#retired.add(pool);
        pool.retire();
      }
  }

  /** Whether a process that has this folder as its code runs, or is about to. */
  uses(code: string): boolean {
    return [...this.#pools.values(), ...this.#retired].some((pool) => pool.spec.code === code && !pool.isEmpty);
  }

  /** Ends everything. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    await endProcesses(this.#options.folder);
  }

  #pool(name: string, version: string, record: VersionRecord): Pool {
    const key = keyOf(name, version, record);
    const found = this.#pools.get(key);
    if (found !== undefined) return found;
    const interpreter = this.#options.runtimes.find(record.runtime);
    if (typeof interpreter === "string") throw new Fault("InvalidRuntimeException", interpreter, { status: 502 });
    const spec: Omit<SandboxSpec, "initialization"> = {
      name,
      version,
      record,
      interpreter,
      code: this.#options.codeFolder(record.code),
      logGroup: record.logging?.LogGroup ?? `/aws/lambda/${name}`,
    };
    const pool = new Pool(spec, () => this.#sandboxContext(spec), this.#options.clock);
    this.#pools.set(key, pool);
    return pool;
  }

  async #sandboxContext({ name, record, logGroup }: Omit<SandboxSpec, "initialization">) {
    const { folder, region, endpoint, clock, logs } = this.#options;
    await this.start();
    return {
      folder,
      region,
      clock,
      endpoint: endpoint(),
      isolation: await this.#isolate(),
      keys: await this.#keys(record.role, name),
      log: (stream: string, lines: readonly { timestamp: number; message: string }[]) =>
        logs.append({ group: logGroup, stream }, lines),
    };
  }

  /** The processes of a function share a session of its role for as long as it lasts. */
  async #keys(role: string, name: string): Promise<RoleKeys> {
    const { roleKeys, clock } = this.#options;
    const session = `${role} ${name}`;
    const kept = this.#sessions.get(session);
    if (kept !== undefined && kept.expiresAt - clock() > keysRenewedMilliseconds) return kept;
    const keys = await roleKeys(role, name.padEnd(sessionNameMin, "_"));
    this.#sessions.set(session, keys);
    return keys;
  }

  #isolate(): Promise<Isolation> {
    this.#isolation ??= findIsolation(join(this.#options.folder, "sandbox"), this.#options.hidden).then((isolation) => {
      if (isolation.why !== undefined)
        this.#options.note(`Functions run as ordinary processes, not isolated: ${isolation.why}`);
      return isolation;
    });
    return this.#isolation;
  }

  #poolsOf(name: string): readonly Pool[] {
    return [...this.#pools.values()].filter(({ spec }) => spec.name === name);
  }

  #sweep(): void {
    for (const [key, pool] of this.#pools) if (pool.sweep()) this.#pools.delete(key);
    for (const pool of this.#retired) if (pool.isEmpty) this.#retired.delete(pool);
  }
}

const keyOf = (name: string, version: string, { revisionId }: VersionRecord) => `${name}:${version}:${revisionId}`;

function tooMany(reason: string): Fault {
  return new Fault("TooManyRequestsException", `Rate Exceeded. (${reason})`, { status: 429 });
}
