import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  ListDeploymentTargetsCommand,
  BatchGetDeploymentTargetsCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { openVaultOf } from "../../packages/server/src/identity/vault.ts";
import { EntryChain } from "../../packages/server/src/nodes/entry-chain.ts";
import { PostgresJournal } from "../../packages/server/src/nodes/postgres/postgres-journal.ts";
import { Replica } from "../../packages/server/src/nodes/replica.ts";
import { dumpOf } from "../../packages/server/test/nodes/dump.ts";
import { callSluice } from "../../packages/cli/src/sluice-call.ts";
import { eventually } from "./eventually.ts";
import { freePort, type Postgres } from "./postgres.ts";
import { removeFolder } from "./remove-folder.ts";

const program = resolve(import.meta.dirname, "../../packages/cli/bin/sluice.js");

/** One node in a process and a data folder of its own. */
export class NodeProcess {
  readonly name: string;
  readonly #folder: string;
  /** Undefined for a server that has its folder alone. */
  readonly database: string | undefined;
  #process: ChildProcess | undefined;
  #lines: string[] = [];
  port = 0;

  constructor(folder: string, name: string, database?: string) {
    this.#folder = folder;
    this.name = name;
    this.database = database;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get keyFile(): string {
    return join(this.#folder, "key");
  }

  get dataFolder(): string {
    return join(this.#folder, this.name);
  }

  /** Everything that it has printed. */
  get output(): string {
    return this.#lines.join("\n");
  }

  /** Starts it on the port that it had; resolves once it listens. */
  async start(...more: readonly string[]): Promise<void> {
    this.port ||= await freePort();
    const words = ["server", "--data", this.dataFolder, "--port", String(this.port), "--key", this.keyFile];
    const child = spawn(process.execPath, [program, ...words, ...more], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, SLUICE_DATABASE: this.database ?? "" },
    });
    this.#process = child;
    await new Promise<void>((ready, failed) => {
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on("line", (line) => {
          this.#lines.push(line);
          if (line.startsWith("ready on ")) ready();
        });
      child.once("exit", (code, signal) =>
        failed(new Error(`${this.name} ended with ${code ?? signal}:\n${this.output}`)),
      );
    });
  }

  /** Sends a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it with a signal; resolves with its exit code, or the signal. */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#process;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill(signal);
      await gone;
    }
    return child.exitCode ?? child.signalCode;
  }

  /** Whether it takes requests. */
  async isReady(): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    return answer?.status === 200;
  }

  /** Whether it writes, by what it has last said. */
  get writes(): boolean {
    return /writes from now on/.test(this.#lines.findLast((line) => /(writes|follows) from now on/.test(line)) ?? "");
  }

  /** How a client asks this node, as the administrator. */
  get endpoint() {
    const text = readFileSync(join(this.dataFolder, "credentials"), "utf8");
    const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)`, "m").exec(text)?.[1] ?? "";
    const credentials = { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") };
    return { url: this.url, region: "us-east-1", credentials };
  }

  /** A client that asks this node. */
  client(): CodeDeployClient {
    const { url, ...rest } = this.endpoint;
    return new CodeDeployClient({ ...rest, endpoint: url, maxAttempts: 8 });
  }
}

/** Runs a command of `sluice`; returns its exit code and what it said. */
export async function sluice(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn(process.execPath, [program, ...words], { env: { ...process.env, ...variables } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, said };
}

/** Two nodes on a database, which are not started. */
export function nodesOf(t: Pick<TestContext, "after">, database: string): readonly [NodeProcess, NodeProcess] {
  const folder = mkdtempSync(join(tmpdir(), "sluice-nodes-"));
  const nodes = [new NodeProcess(folder, "one", database), new NodeProcess(folder, "two", database)] as const;
  t.after(async () => {
    await Promise.all(nodes.map((node) => node.end("SIGKILL")));
    removeFolder(folder);
  });
  return nodes;
}

/** Two nodes on a new database of a PostgreSQL; both listen, and the first one writes. */
export async function openTwoNodes(
  t: Pick<TestContext, "after">,
  postgres: Postgres,
): Promise<readonly [NodeProcess, NodeProcess]> {
  const nodes = nodesOf(t, await postgres.database());
  await nodes[0].start();
  await eventually("the first node writes", async () => nodes[0].writes || undefined);
  await nodes[1].start();
  await eventually("the second node takes requests", async () => (await nodes[1].isReady()) || undefined);
  return nodes;
}

/** The rows of a node that has ended, once its replica has come to the journal's end. Throws when an entry does not fit. */
export async function rowsOf(node: NodeProcess): Promise<string> {
  const chain = new EntryChain(openVaultOf(node.keyFile).derivedKey("journal"));
  const journal = await PostgresJournal.open(node.database ?? "");
  const db = new DatabaseSync(join(node.dataFolder, "replica.sqlite"));
  try {
    const replica = new Replica(db, chain);
    replica.forReading();
    for (;;) {
      const entries = await journal.after(replica.position);
      if (entries === undefined) throw new Error(`The journal does not have the position of ${node.name}`);
      if (entries.length === 0) return dumpOf(db);
      for (const entry of entries) replica.apply(entry);
    }
  } finally {
    db.close();
    await journal.close();
  }
}

/** Registers hosts, with keys of their own, and a deployment group of them. */
export async function registerHosts(node: NodeProcess, names: readonly string[]) {
  const client = node.client();
  const hosts = [];
  for (const instanceName of names) {
    const iamUserArn = `arn:aws:iam::123456789012:user/AWS/CodeDeploy/${instanceName}`;
    await client.send(new RegisterOnPremisesInstanceCommand({ instanceName, iamUserArn }));
    const { token } = (await callSluice(node.endpoint, "CreateHostRegistration", { instanceName })) as {
      token: string;
    };
    const answer = await fetch(new URL("/hosts/register", node.url), { method: "POST", body: token });
    const text = await answer.text();
    const value = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
    hosts.push({
      name: instanceName,
      arn: value("iam_user_arn"),
      credentials: { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") },
    });
  }
  await client.send(
    new AddTagsToOnPremisesInstancesCommand({ instanceNames: [...names], tags: [{ Key: "Fleet", Value: "all" }] }),
  );
  await client.send(new CreateApplicationCommand({ applicationName: "web" }));
  await client.send(
    new CreateDeploymentGroupCommand({
      applicationName: "web",
      deploymentGroupName: "all",
      serviceRoleArn: "arn:aws:iam::123456789012:role/codedeploy",
      onPremisesInstanceTagFilters: [{ Key: "Fleet", Value: "all", Type: "KEY_AND_VALUE" }],
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    }),
  );
  client.destroy();
  return hosts;
}

/** Creates a deployment to the registered hosts; returns its id. */
export async function deploy(client: CodeDeployClient): Promise<string> {
  const { deploymentId = "" } = await client.send(
    new CreateDeploymentCommand({
      applicationName: "web",
      deploymentGroupName: "all",
      revision: { revisionType: "S3", s3Location: { bucket: "releases", key: "web.zip", bundleType: "zip" } },
    }),
  );
  return deploymentId;
}

/** The status of a deployment once it has ended. */
export function endOf(client: CodeDeployClient, deploymentId: string, seconds = 60): Promise<string> {
  return eventually(
    `${deploymentId} ends`,
    async () => {
      const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
      const { status = "" } = deploymentInfo ?? {};
      return /Succeeded|Failed|Stopped/.test(status) ? status : undefined;
    },
    seconds,
  );
}

/** Each target's events with their statuses. */
export async function eventsOf(client: CodeDeployClient, deploymentId: string): Promise<readonly string[]> {
  const { targetIds = [] } = await client.send(new ListDeploymentTargetsCommand({ deploymentId }));
  const { deploymentTargets = [] } = await client.send(
    new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }),
  );
  return deploymentTargets.flatMap(({ instanceTarget }) =>
    (instanceTarget?.lifecycleEvents ?? []).map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`),
  );
}
