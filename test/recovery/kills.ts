// Kills the server and the agents at random moments of real deployments, again and again, and checks that each deployment ends
// correctly and no script runs twice: `node test/recovery/kills.ts --server 500 --agent 500 --seed 7`. The seed decides when
// which of them is killed; what is in progress then depends on the machine.
import { spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { CodeDeployClient, type RevisionLocation } from "@aws-sdk/client-codedeploy";
import { CreateTagsCommand, DescribeImagesCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { bundle } from "../../packages/cli/src/bundle.ts";
import { mark, processesOf } from "../../packages/cloud/src/instance/plain/processes.ts";
import { eventually } from "../support/eventually.ts";
import { Random } from "../../packages/engine/test/simulation/random.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { KillLane } from "./kill-lane.ts";

const fixture = resolve(import.meta.dirname, "../fixtures/ledger");

/** How often each is killed, and on how many instances at once. */
export interface KillPlan {
  readonly server: number;
  readonly agent: number;
  readonly seed: number;
  readonly lanes: number;
}

/** The result. */
export interface KillTally {
  readonly succeeded: number;
  /** Deployments whose agent was killed in the middle of an event: it has failed for that reason. */
  readonly interrupted: number;
}

/** The most lines of the ledger between two kills, the length of one in bytes, and the longest wait for them. */
const stepsMax = 12;
const stepBytes = 30;
const idleMilliseconds = 15_000;

type Say = (line: string) => void;

/** Carries out the plan. Throws when a deployment has ended otherwise than it should. */
export async function runKills(plan: KillPlan, say: Say, signal?: AbortSignal): Promise<KillTally> {
  const ends: (() => unknown)[] = [];
  const sluice = new SluiceProcess({ after: (end) => void ends.push(end as () => unknown) }, [
    "--no-example",
    "--driver",
    "plain",
  ]);
  try {
    await sluice.open();
    return await new Kills(sluice, plan, say, signal).run();
  } finally {
    for (const end of ends) await end();
  }
}

class Kills {
  readonly #sluice: SluiceProcess;
  readonly #plan: KillPlan;
  readonly #say: Say;
  readonly #random: Random;
  readonly #tally = { succeeded: 0, interrupted: 0 };
  #client: CodeDeployClient | undefined;
  #isOver = false;

  constructor(sluice: SluiceProcess, plan: KillPlan, say: Say, signal: AbortSignal | undefined) {
    signal?.addEventListener("abort", () => (this.#isOver = true));
    this.#sluice = sluice;
    this.#plan = plan;
    this.#say = say;
    this.#random = new Random(plan.seed);
  }

  async run(): Promise<KillTally> {
    const lanes = await this.#furnish();
    const begun = Date.now();
    const wrong: string[] = [];
    const running = lanes.map(async (lane) => {
      while (!this.#isOver)
        try {
          this.#tally[(await lane.deploy(this.#random.pick([0, 0.05, 0.2]))).as] += 1;
        } catch (error) {
          wrong.push(error instanceof Error ? error.message : String(error));
          this.#say(`WRONG: ${wrong.at(-1)}`);
        }
    });
    try {
      await this.#killAll(lanes, () => this.#told(begun));
    } finally {
      this.#isOver = true;
      await Promise.all(running);
      this.#client?.destroy();
    }
    this.#say(`all done, ${wrong.length} wrong: ${this.#told(begun)}`);
    if (wrong.length > 0) throw new Error(`${wrong.length} deployments did not end rightly:\n${wrong.join("\n")}`);
    return this.#tally;
  }

  /** The instances, a deployment group for each, and the revision. */
  async #furnish(): Promise<readonly KillLane[]> {
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
      await this.#sluice.environment();
    const credentials = { accessKeyId, secretAccessKey };
    const { url } = this.#sluice; // later starts take the same port
    const options = { endpoint: url, region: "us-east-1", credentials };
    const client = new CodeDeployClient({ ...options, maxAttempts: 1 });
    this.#client = client;
    await KillLane.prepare(client);
    const ids = await launch(new EC2Client(options), this.#plan.lanes);
    const revision = await uploaded(options);
    const dataFolder = resolve(this.#sluice.folder, "data");
    const lanes = ids.map((instanceId) => new KillLane({ instanceId, dataFolder, revision, client: () => client }));
    for (const lane of lanes) {
      await lane.furnish();
      keepRunning(lane.folder);
    }
    return lanes;
  }

  /** Kills in an order that the seed has drawn. */
  async #killAll(lanes: readonly KillLane[], told: () => string): Promise<void> {
    const left = { server: this.#plan.server, agent: this.#plan.agent };
    for (let done = 1; left.server + left.agent > 0 && !this.#isOver; done += 1) {
      await this.#letGoOn(lanes);
      const isServer = this.#random.next() * (left.server + left.agent) < left.server;
      left[isServer ? "server" : "agent"] -= 1;
      if (isServer) await this.#killServer();
      else await this.#killAgent(lanes[this.#random.integer(0, lanes.length - 1)]);
      if (done % 10 === 0) this.#say(`${done} kills, seed ${this.#plan.seed}: ${told()}`);
    }
  }

  /** Waits for a random number of scripts to begin or end, as the ledger shows. So a slow machine makes as much progress between two kills as a fast one. */
  async #letGoOn(lanes: readonly KillLane[]): Promise<void> {
    const written = () => lanes.reduce((sum, lane) => sum + lane.written, 0);
    const wanted = written() + this.#random.integer(0, stepsMax) * stepBytes;
    const until = Date.now() + idleMilliseconds;
    while (written() < wanted && Date.now() < until && !this.#isOver) await pause(20);
    await pause(this.#random.integer(0, 400));
  }

  async #killServer(): Promise<void> {
    await this.#sluice.kill();
    await pause(this.#random.integer(0, 300));
    await this.#sluice.open();
  }

  /** Kills the agent and starts it again, as a service manager does. A running script is left alone. */
  async #killAgent(lane: KillLane | undefined): Promise<void> {
    if (lane === undefined) return;
    // The one before has just been killed, or the new one is on its way.
    const agent = await eventually(`an agent runs in ${lane.folder}`, async () => agentIn(lane.folder));
    lane.agentKills += 1;
    process.kill(agent.pid, "SIGKILL");
    await pause(this.#random.integer(0, 300));
    const [command = "", ...words] = agent.words;
    spawn(command, words, { cwd: agent.folder, env: agent.environment, detached: true, stdio: "ignore" }).unref();
  }

  #told(begun: number): string {
    const { succeeded, interrupted } = this.#tally;
    const seconds = Math.round((Date.now() - begun) / 1000);
    return `${succeeded} deployments succeeded, ${interrupted} were interrupted by their agent's end, in ${seconds} s`;
  }
}

async function launch(ec2: EC2Client, count: number): Promise<readonly string[]> {
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({}));
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const { Instances: [instance] = [] } = await ec2.send(
      new RunInstancesCommand({ ImageId: image?.ImageId, MinCount: 1, MaxCount: 1 }),
    );
    const id = instance?.InstanceId ?? "";
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "Lane", Value: id }] }));
    ids.push(id);
  }
  ec2.destroy();
  return ids;
}

/** Uploads the revision; returns its location. */
async function uploaded(options: ConstructorParameters<typeof S3Client>[0]): Promise<RevisionLocation> {
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const [bucket, key] = ["kills", "ledger.tgz"];
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: await bundle(fixture) }));
  s3.destroy();
  return { revisionType: "S3", s3Location: { bucket, key, bundleType: "tgz" } };
}

/** Starts a process on the instance beside its agent: without any process the local cloud would take it for stopped. */
function keepRunning(folder: string): void {
  spawn("sleep", ["infinity"], { env: { ...process.env, [mark]: folder }, detached: true, stdio: "ignore" }).unref();
}

/** Finds the agent among an instance's processes, with what is needed to start it again. */
function agentIn(folder: string) {
  const found = processesOf(folder).map((pid) => ({ pid, words: partsOf(`/proc/${pid}/cmdline`) }));
  const agent = found.find(({ words }) => words.at(-1) === "run" && words.includes("--config_file"));
  if (agent === undefined) return undefined;
  const environment = Object.fromEntries(
    partsOf(`/proc/${agent.pid}/environ`).map((line) => [
      line.slice(0, line.indexOf("=")),
      line.slice(line.indexOf("=") + 1),
    ]),
  );
  delete environment["NODE_CHANNEL_FD"]; // the IPC channel to its parent
  return { ...agent, environment, folder: readlinkSync(`/proc/${agent.pid}/cwd`) };
}

/** Returns the NUL-terminated texts of a file in /proc; none when its process has ended meanwhile. */
function partsOf(file: string): readonly string[] {
  try {
    const parts = readFileSync(file, "utf8").split("\0");
    return parts.filter((part) => part !== "");
  } catch {
    return [];
  }
}

if (import.meta.main) {
  const interrupt = new AbortController();
  const number = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    options: {
      server: number("30"),
      agent: number("30"),
      lanes: number("4"),
      seed: number(String(Date.now() % 100_000)),
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());
  const { server, agent, lanes, seed } = values;
  console.log(`kills: ${server} of the server, ${agent} of agents, on ${lanes} instances; seed ${seed}`);
  await runKills(
    { server: Number(server), agent: Number(agent), lanes: Number(lanes), seed: Number(seed) },
    console.log,
    interrupt.signal,
  );
}
