import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { journalFile, readEntries } from "../src/commands/journal.ts";
import { type Entry, tgz } from "./archives.ts";
import type { ControlPlane } from "./control-plane.ts";

const source = resolve(import.meta.dirname, "../src/main.ts");

/** The host's name in tests. */
export const hostIdentifier = "arn:aws:iam::123456789012:user/host";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A host with a real agent in a process of its own. Everything it writes is in one folder. */
export class AgentHost {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-host-"));
  readonly root = join(this.folder, "root");
  readonly app = join(this.folder, "app");
  readonly configurationFile = join(this.folder, "codedeployagent.yml");
  readonly environment: NodeJS.ProcessEnv = { PATH: process.env.PATH ?? "" };
  readonly #node: string;
  readonly #program: string;
  #agent: ChildProcess | undefined;

  constructor(
    after: (clean: () => Promise<void>) => void,
    settings: Readonly<Record<string, string | number | boolean>>,
    { node = process.execPath, program = source }: { node?: string; program?: string } = {},
  ) {
    this.#node = node;
    this.#program = program;
    after(() => this.#remove());
    const onPremises = join(this.folder, "onpremises.yml");
    writeFileSync(
      onPremises,
      `iam_user_arn: ${hostIdentifier}\nregion: us-east-1\naws_access_key_id: AKIATEST\naws_secret_access_key: secret\n`,
    );
    const all = {
      log_dir: join(this.folder, "log"),
      pid_dir: join(this.folder, "pid"),
      root_dir: this.root,
      on_premises_config_file: onPremises,
      wait_between_runs: 0,
      ...settings,
    };
    writeFileSync(
      this.configurationFile,
      Object.entries(all)
        .map(([key, value]) => `:${key}: ${value}\n`)
        .join(""),
    );
    mkdirSync(this.app);
  }

  /** Starts the agent in the foreground; resolves when it has asked for work. */
  async start(plane: ControlPlane): Promise<void> {
    const before = plane.heard.length;
    this.#agent = spawn(this.#node, [this.#program, "--config_file", this.configurationFile, "run"], {
      env: this.environment,
      stdio: "ignore",
    });
    await plane.until(() => plane.heard.slice(before).find(({ operation }) => operation === "PollHostCommand"));
  }

  /** Ends the agent as a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks the agent to end. Returns its exit code. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  get pid(): number {
    return this.#agent?.pid ?? 0;
  }

  /** Runs one of the agent's commands to its end, with this host's configuration. */
  command(...words: readonly string[]): Ended {
    return this.program("--config_file", this.configurationFile, ...words);
  }

  /** Runs the program to its end. */
  program(...words: readonly string[]): Ended {
    const { status, stdout, stderr } = spawnSync(this.#node, [this.#program, ...words], {
      env: this.environment,
      encoding: "utf8",
    });
    return { code: status, stdout, stderr };
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  list(name: string): readonly string[] {
    return this.has(name) ? readdirSync(join(this.folder, name)).toSorted() : [];
  }

  /** Waits until the agent has nothing in hand: it forgets a command after the control plane has heard of it. */
  async settled(): Promise<void> {
    while (readEntries(journalFile(join(this.folder, "root"))).size > 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return agent?.exitCode ?? null;
    const gone = once(agent, "exit");
    agent.kill(signal);
    await gone;
    return agent.exitCode;
  }

  async #remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A bundle that installs one file into the host's application folder, with these scripts. */
export function bundle(host: AgentHost, scripts: Readonly<Record<string, string>>, version = "1"): Buffer {
  const hooks = Object.keys(scripts).map((event) => `  ${event}: [{location: ${event}.sh, timeout: 60}]\n`);
  const appSpec = `version: 0.0\nos: linux\nfiles: [{source: app.txt, destination: "${host.app}"}]\nhooks:\n${hooks.join("")}`;
  const entries: Entry[] = [
    { name: "appspec.yml", content: appSpec },
    { name: "app.txt", content: version },
    ...Object.entries(scripts).map(([event, text]) => ({
      name: `${event}.sh`,
      content: `#!/bin/sh\n${text}\n`,
      mode: 0o755,
    })),
  ];
  return tgz(entries);
}

/** A specification of a deployment from S3. */
export function specification(
  id: string,
  {
    key = "app.tgz",
    group = "group",
    ...more
  }: { key?: string; group?: string } & Readonly<Record<string, unknown>> = {},
) {
  return {
    DeploymentId: id,
    DeploymentGroupId: group,
    DeploymentGroupName: "Prod",
    ApplicationName: "App",
    Revision: { RevisionType: "S3", S3Revision: { Bucket: "bundles", Key: key, BundleType: "tgz" } },
    ...more,
  };
}
