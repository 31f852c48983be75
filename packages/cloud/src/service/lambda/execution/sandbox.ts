import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { randomHex } from "../../../random.ts";
import { mark } from "../../../instance/plain/processes.ts";
import { functionEnvironment, type RoleKeys, runtimeCommand } from "./function-environment.ts";
import type { Isolation } from "./isolation.ts";
import { RuntimeApi, type RuntimeAnswer, type RuntimeEvent } from "./runtime-api.ts";
import { isConnectionOf } from "./process-connections.ts";
import { SandboxLog } from "./sandbox-log.ts";
import type { SandboxSpec } from "./sandbox-spec.ts";

/** Where a process runs. */
export interface SandboxContext {
  readonly isolation: Isolation;
  /** The folder of all functions: it marks their processes. */
  readonly folder: string;
  readonly region: string;
  readonly endpoint: string;
  readonly keys: RoleKeys;
  readonly clock: () => number;
  readonly log: (stream: string, lines: readonly { timestamp: number; message: string }[]) => void;
}

/** How one call of a function ended. */
export interface InvocationResult {
  readonly payload: Buffer;
  readonly failed: boolean;
  /** The end of what it logged. */
  readonly logTail: string;
}

/** How long a process may take to ask for its first event, in milliseconds: Lambda's own limit. */
const startMillisecondsMax = 10_000;

/** One process of a function: it handles one event at a time, and lives until it is ended, fails or times out. */
export class Sandbox {
  readonly spec: SandboxSpec;
  /** When its keys expire, in milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly #api: RuntimeApi;
  readonly #child: ChildProcess;
  readonly #log: SandboxLog;
  readonly #clock: () => number;
  readonly #exited: Promise<string>;
  #ended = false;
  #startMilliseconds: number | undefined;
  #inner: number | undefined;

  private constructor(
    spec: SandboxSpec,
    { api, child, log, context }: { api: RuntimeApi; child: ChildProcess; log: SandboxLog; context: SandboxContext },
  ) {
    this.spec = spec;
    this.expiresAt = context.keys.expiresAt;
    this.#api = api;
    this.#child = child;
    this.#log = log;
    this.#clock = context.clock;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(describeExit(code, signal)));
      child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    });
    void this.#exited.then(() => this.end());
  }

  /** Starts a process. The sandbox is returned at once; `started` resolves when it is ready. */
  static async open(spec: SandboxSpec, context: SandboxContext): Promise<Sandbox> {
    const { record, interpreter, code, version } = spec;
    const { isolation, folder, region, endpoint, keys, clock } = context;
    const folders = {
      code,
      interpreter,
      bootstrap: await interpreter.bootstrap(),
      modules: await interpreter.modules?.(),
    };
    let child: ChildProcess | undefined;
    const api = new RuntimeApi((socket) => isConnectionOf(child?.pid, socket));
    const runtimeApi = await api.listen();
    const day = new Date(clock()).toISOString().slice(0, 10).replaceAll("-", "/");
    const stream = `${day}/[${version}]${randomHex(16)}`;
    const places = isolation.places(folders);
    const setting = { places, runtimeApi, endpoint, region, stream, keys };
    const wrapped = isolation.wrap(runtimeCommand(interpreter, places, record.memoryMegabytes), {
      ...folders,
      variables: { ...functionEnvironment(spec, setting), [mark]: folder },
      temporaryMegabytes: record.ephemeralStorage.Size ?? 512,
      // The others reserve far more than they use, and get their limit by a switch where they have one.
      memoryBytesMax:
        interpreter.family === "python" || interpreter.family === "ruby" ? record.memoryMegabytes * 2 ** 20 : undefined,
    });
    const [program = "", ...words] = wrapped.command;
    child = spawn(program, words, {
      cwd: isolation.kind === "ns" ? "/" : places.task,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...wrapped.variables, [mark]: folder },
    });
    const log = new SandboxLog({ stream, clock, keep: (lines) => context.log(stream, lines) });
    log.read(child);
    log.line(startLine(spec));
    return new Sandbox(spec, { api, child, log, context });
  }

  /** Whether it is over. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves once the process waits for events: with undefined, or with what went wrong instead. */
  async start(): Promise<InvocationResult | undefined> {
    const begin = performance.now();
    const limit = timer(startMillisecondsMax);
    const answer = await Promise.race([
      this.#api.started,
      this.#exited.then((how) => failure("Runtime.ExitError", `Error: Runtime ${how}`)),
      limit.over.then(() =>
        failure("Sandbox.Timedout", `Init timed out after ${(startMillisecondsMax / 1000).toFixed(2)} seconds`),
      ),
    ]);
    limit.cancel();
    this.#startMilliseconds = performance.now() - begin;
    this.#inner = innerProcess(this.#child.pid);
    if (answer === undefined) return undefined;
    await this.#log.settle();
    this.end();
    return { ...answer, logTail: this.#log.take() };
  }

  /** Hands over one event, and gives what became of it. */
  async invoke(event: Omit<RuntimeEvent, "deadline">): Promise<InvocationResult> {
    const { requestId } = event;
    const { record, version } = this.spec;
    const milliseconds = record.timeoutSeconds * 1000;
    this.#log.line(`START RequestId: ${requestId} Version: ${version}`);
    const begin = performance.now();
    const limit = timer(milliseconds);
    const answer = await Promise.race([
      this.#api.deliver({ ...event, deadline: this.#clock() + milliseconds }),
      this.#exited.then((how) => failure("Runtime.ExitError", `RequestId: ${requestId} Error: Runtime ${how}`)),
      limit.over.then(() => this.#timedOut(requestId, record.timeoutSeconds)),
    ]);
    limit.cancel();
    const duration = performance.now() - begin;
    await this.#log.settle();
    this.#log.line(`END RequestId: ${requestId}`);
    this.#log.line(this.#report(requestId, duration));
    return { ...answer, logTail: this.#log.take() };
  }

  /** Ends the process and everything that it has started. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#api.close();
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL"); // its group; in namespaces of its own, everything in them goes with it
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Resolves when the process is gone. */
  async gone(): Promise<void> {
    await this.#exited;
  }

  #timedOut(requestId: string, seconds: number): RuntimeAnswer {
    const message = `Task timed out after ${seconds.toFixed(2)} seconds`;
    this.#log.line(`${new Date(this.#clock()).toISOString()} ${requestId} ${message}`);
    this.end();
    return failure("Sandbox.Timedout", `RequestId: ${requestId} Error: ${message}`);
  }

  #report(requestId: string, duration: number): string {
    const start = this.#startMilliseconds;
    this.#startMilliseconds = undefined; // reported once, by the call that waited for it
    return [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${duration.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(duration + (start ?? 0))} ms`,
      `Memory Size: ${this.spec.record.memoryMegabytes} MB`,
      `Max Memory Used: ${this.#peakMegabytes()} MB`,
      ...(start === undefined ? [] : [`Init Duration: ${start.toFixed(2)} ms`]),
    ].join("\t");
  }

  #peakMegabytes(): number {
    try {
      const status = readFileSync(`/proc/${this.#inner ?? this.#child.pid}/status`, "utf8");
      return Math.ceil(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      return 0; // it has ended
    }
  }
}

function startLine({ interpreter, record }: SandboxSpec): string {
  const { family, version } = interpreter;
  return family === "provided"
    ? `INIT_START Runtime Version: ${record.runtime}, the function's own bootstrap`
    : `INIT_START Runtime Version: ${family}:${version}, this machine's; the function asks for ${record.runtime}`;
}

function failure(errorType: string, errorMessage: string): RuntimeAnswer {
  return { payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), failed: true };
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) return "exited without providing a reason";
  // 128 + n: it ended by signal n in namespaces of its own.
  return `exited with error: ${signal === null && code !== null && code < 128 ? `exit status ${code}` : `signal: ${signal ?? (code ?? 0) - 128}`}`;
}

/** The runtime's own process when it runs in namespaces: the only child of what we have started. */
function innerProcess(pid: number | undefined): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return child ? Number(child) : undefined;
  } catch {
    return undefined; // it has ended
  }
}

function timer(milliseconds: number): { readonly over: Promise<void>; cancel(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = setTimeout(resolve, milliseconds);
  return { over: promise, cancel: () => clearTimeout(running) };
}
