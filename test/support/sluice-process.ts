import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { TestContext } from "node:test";
import { eventually } from "./eventually.ts";
import { removeFolder } from "./remove-folder.ts";

const run = promisify(execFile);
const program = resolve(import.meta.dirname, "../../packages/cli/bin/sluice.js");

/** How long a shutdown may take. */
const endsWithinMilliseconds = 15_000;

/** What an SDK client needs to know. */
export interface ClientOptions {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A whole `sluice up` in a process and a data folder of its own, removed when the test ends. */
export class SluiceProcess {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  #arguments: readonly string[];
  readonly #within: readonly string[];
  #process: ChildProcess | undefined;
  #lines: string[] = [];
  #environment: Promise<Record<string, string>> | undefined;
  /** 0 until the first start, which takes a free port. Later starts take the same one, which hosts are configured with. */
  port = 0;

  /** Without an example and without `--driver`, instances are plain processes, which every machine can run. `within`: the words before each command, such as those that enter a container. */
  constructor(test: Pick<TestContext, "after">, upArguments: readonly string[], within: readonly string[] = []) {
    const needsNone = upArguments.includes("--no-example") && !upArguments.includes("--driver");
    this.#arguments = needsNone ? [...upArguments, "--driver", "plain"] : upArguments;
    this.#within = within;
    test.after(() => this.remove());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    assert(this.#process?.pid, "the process runs");
    return this.#process.pid;
  }

  /** Returns the shell command that runs `sluice` against this process. */
  get command(): string {
    return [process.execPath, program, ...this.#common()].join(" ");
  }

  /** Everything the program has printed so far. */
  get output(): string {
    return this.#lines.join("\n");
  }

  /** Starts the program, or another of its commands; resolves once it says that it is ready. */
  async open(command = "up"): Promise<void> {
    this.#environment = undefined;
    const words = [...this.#within, process.execPath, program, ...this.#common(), command, ...this.#arguments];
    const child = spawn(words[0] ?? "", words.slice(1), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    await new Promise<void>((ready, failed) => {
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on("line", (line) => {
          this.#lines.push(line);
          const port = /^ready on http:\/\/(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)$/.exec(line)?.[1];
          if (port !== undefined) {
            this.port = Number(port);
            ready();
          }
        });
      child.once("exit", (code, signal) =>
        failed(new Error(`sluice up ended with ${code ?? signal} before it was ready:\n${this.output}`)),
      );
    });
  }

  /** Kills the program, as a power cut would. */
  async kill(): Promise<void> {
    this.#environment = undefined;
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Asks the program to end, as a service manager does. Returns its exit code; null when it had to be killed, or a signal ended it. */
  async stop(): Promise<number | null> {
    const child = this.#process;
    await this.#end();
    return child?.exitCode ?? null;
  }

  /** Stops the program as Ctrl-C does, and kills it if that takes too long. */
  async #end(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const tooLong = setTimeout(() => child.kill("SIGKILL"), endsWithinMilliseconds);
    await gone;
    clearTimeout(tooLong);
  }

  /** Resolves when the program has printed a line that matches. */
  async printed(wanted: RegExp): Promise<void> {
    await eventually(`${wanted} is printed`, async () => wanted.test(this.output) || undefined);
  }

  /** Runs a command of `sluice` against this process. */
  cli(...words: readonly string[]): Promise<Result> {
    return this.run(...this.#common(), ...words);
  }

  /** Runs a command of `sluice` with settings of its own. */
  run(...words: readonly string[]): Promise<Result> {
    const [command = "", ...all] = [...this.#within, process.execPath, program, ...words];
    return outcome(command, all, {});
  }

  /** Runs the real `aws` CLI against this process. Throws unless it succeeds. */
  async aws(...words: readonly string[]): Promise<string> {
    const result = await this.tryAws(...words);
    assert.equal(result.code, 0, `aws ${words.join(" ")}\n${result.stderr}\n${this.output}`);
    return result.stdout.trim();
  }

  /** Runs the real `aws` CLI against this process, whether or not it succeeds. */
  async tryAws(...words: readonly string[]): Promise<Result> {
    return outcome("aws", words, { ...(await this.environment()), AWS_PAGER: "", AWS_EC2_METADATA_DISABLED: "true" });
  }

  /** Returns the variables that `sluice env` exports. They are cached, because they do not change while the program runs. */
  environment(): Promise<Record<string, string>> {
    return (this.#environment ??= this.#askEnvironment());
  }

  /** Returns what an SDK client needs to know to ask it, for the current port. */
  async clientOptions(): Promise<ClientOptions> {
    const { AWS_REGION, AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = await this.environment();
    return {
      region: AWS_REGION ?? "us-east-1",
      endpoint: this.url,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    };
  }

  async #askEnvironment(): Promise<Record<string, string>> {
    const { stdout, stderr, code } = await this.cli("env");
    assert.equal(code, 0, stderr);
    return Object.fromEntries(
      [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = "", value = ""]) => [name, value]),
    );
  }

  /** Ends everything and removes the folder. */
  async remove(): Promise<void> {
    await this.#end();
    await this.cli("down"); // stops what a killed server has left
    removeFolder(this.folder);
  }

  #common(): readonly string[] {
    return ["--data", join(this.folder, "data"), "--port", String(this.port)];
  }
}

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function outcome(
  command: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Result> {
  try {
    const { stdout, stderr } = await run(command, words, {
      env: { ...process.env, ...variables },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number | string; stdout?: string; stderr?: string }; // what execFile's promise rejects with
    return { code: typeof code === "number" ? code : 1, stdout, stderr: stderr || String(error) };
  }
}
