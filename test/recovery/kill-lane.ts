// A plain instance with a deployment group of its own, with one deployment after another while the server and the agent are being killed.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  type DeploymentInfo,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type RevisionLocation,
} from "@aws-sdk/client-codedeploy";
import { plainFolderOf } from "../../packages/cloud/src/instance/plain/instance-folder.ts";
import { isOver } from "../support/deployment-end.ts";
import { eventually } from "../support/eventually.ts";

const applicationName = "kills";

/** How long a deployment may take, with the server away now and then, in seconds. */
const deploymentSeconds = 240;

const scripted = ["ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"];

/** What a lane works with: the client is another one after a restart on another port. */
export interface LaneOptions {
  readonly instanceId: string;
  readonly dataFolder: string;
  readonly revision: RevisionLocation;
  readonly client: () => CodeDeployClient;
}

/** How a deployment ended. */
export interface LaneEnd {
  readonly deploymentId: string;
  /** `interrupted`: the agent was killed in the middle of an event, which has failed for that. */
  readonly as: "succeeded" | "interrupted";
}

export class KillLane {
  readonly #options: LaneOptions;
  readonly #root: string;
  readonly #group: string;
  /** How often this lane's agent has been killed. */
  agentKills = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#group = options.instanceId;
    this.#root = join(this.folder, "root");
  }

  /** Of the instance: the mark by which its processes are known. */
  get folder(): string {
    return join(plainFolderOf(this.#options.dataFolder), this.#options.instanceId);
  }

  /** Makes the application, once for all lanes. */
  static async prepare(client: CodeDeployClient): Promise<void> {
    await client.send(new CreateApplicationCommand({ applicationName }));
  }

  async furnish(): Promise<void> {
    const tag = { Key: "Lane", Value: this.#group, Type: "KEY_AND_VALUE" } as const;
    await this.#options.client().send(
      new CreateDeploymentGroupCommand({
        applicationName,
        deploymentGroupName: this.#group,
        ec2TagFilters: [tag],
        serviceRoleArn: "arn:aws:iam::123456789012:role/deploy",
      }),
    );
    mkdirSync(join(this.#root, "var/ledger"), { recursive: true });
  }

  /** How much its scripts have written down so far, in bytes. */
  get written(): number {
    return statSync(join(this.#root, "var/ledger/ledger"), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Runs one deployment to its end, and checks its result. Each of its scripts takes `seconds`. */
  async deploy(paceSeconds: number): Promise<LaneEnd> {
    writeFileSync(join(this.#root, "var/ledger/pace"), paceSeconds.toFixed(2));
    const killsBefore = this.agentKills;
    const deploymentId = await this.#begin();
    const info = await eventually(
      `${deploymentId} ends`,
      async () => {
        const found = await this.#whenReachable(() => this.#info(deploymentId));
        return found !== undefined && isOver(found) ? found : undefined;
      },
      deploymentSeconds,
    );
    const lines = this.#lines(deploymentId);
    const told = `${deploymentId} on ${this.#group} has ${info.status} (${info.errorInformation?.message ?? ""}):\n${lines.join("\n")}`;
    assert.equal(new Set(lines).size, lines.length, `a script ran twice: ${told}`);
    if (info.status === "Succeeded") return this.#succeeded(deploymentId, lines, told);
    await this.#interrupted(deploymentId, lines, told);
    assert(this.agentKills > killsBefore, `it was interrupted, and nobody had killed its agent: ${told}`);
    return { deploymentId, as: "interrupted" };
  }

  #succeeded(deploymentId: string, lines: readonly string[], told: string): LaneEnd {
    const ran = scripted.filter((event) => event !== "ApplicationStop" || lines.includes("ApplicationStop begin"));
    const wanted = ran.flatMap((event) => [`${event} begin`, `${event} end`]);
    assert.deepEqual(lines, wanted, `every script runs once, in its order: ${told}`);
    return { deploymentId, as: "succeeded" };
  }

  /** Asserts that the running event failed because of the kill, and that nothing ran after it. */
  async #interrupted(deploymentId: string, lines: readonly string[], told: string): Promise<void> {
    const events = await eventually(
      `the events of ${deploymentId}`,
      () =>
        this.#whenReachable(async () => {
          const query = { deploymentId, targetId: this.#options.instanceId };
          const { deploymentTarget } = await this.#options.client().send(new GetDeploymentTargetCommand(query));
          return deploymentTarget?.instanceTarget?.lifecycleEvents;
        }),
      deploymentSeconds,
    );
    const [failed, another] = events.filter(({ status }) => status === "Failed");
    const { lifecycleEventName: name = "", diagnostics } = failed ?? {};
    assert(failed !== undefined && another === undefined, `one event has failed: ${told}`);
    assert.match(diagnostics?.message ?? "", /after an agent restart/, `at ${name} (${diagnostics?.message}): ${told}`);
    const after = events.slice(events.indexOf(failed) + 1);
    assert(
      after.every(({ status }) => status === "Skipped"),
      `nothing comes after ${name}: ${told}`,
    );
    const ran = after.flatMap(({ lifecycleEventName }) =>
      lines.filter((line) => line.startsWith(`${lifecycleEventName} `)),
    );
    assert.deepEqual(ran, [], `no script ran after ${name}: ${told}`);
  }

  /** If a kill has lost the response, the deployment may have begun nevertheless: the error of the next request names it. */
  #begin(): Promise<string> {
    const request = { applicationName, deploymentGroupName: this.#group, revision: this.#options.revision };
    return eventually(
      `a deployment of ${this.#group} begins`,
      () =>
        this.#whenReachable(async () => {
          const command = new CreateDeploymentCommand({ ...request, fileExistsBehavior: "OVERWRITE" });
          try {
            return (await this.#options.client().send(command)).deploymentId;
          } catch (error) {
            const found = /active Deployment '(d-[A-Z0-9]{9})'/.exec(error instanceof Error ? error.message : "")?.[1];
            if (found === undefined) throw error;
            return found;
          }
        }),
      deploymentSeconds,
    );
  }

  async #info(deploymentId: string): Promise<DeploymentInfo | undefined> {
    return (await this.#options.client().send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo;
  }

  /** Returns the response; undefined while the server is away. */
  async #whenReachable<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      const isRefusal = error instanceof Error && "$fault" in error && error.$fault === "client";
      if (isRefusal) throw error;
      return undefined;
    }
  }

  #lines(deploymentId: string): readonly string[] {
    const ledger = join(this.#root, "var/ledger/ledger");
    const text = existsSync(ledger) ? readFileSync(ledger, "utf8") : "";
    return text
      .split("\n")
      .filter((line) => line.startsWith(`${deploymentId} `))
      .map((line) => line.slice(deploymentId.length + 1));
  }
}
