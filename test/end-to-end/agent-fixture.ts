import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { deploy } from "../../packages/cli/src/commands/deploy.ts";
import { eventually } from "../support/eventually.ts";
import { accountId, openServerFixture, region } from "../support/server-fixture.ts";
import { newRole, newUser } from "../identity/principals.ts";

const name = "host-1";
const arn = `arn:aws:iam::${accountId}:user/${name}`;

/** Control plane and local cloud in this process, and the files of a registered host that a real agent may be started with. */
export async function openAgentFixture(
  t: TestContext,
  {
    tls = false,
    settings = [],
    pinned = false,
    by = async (url) => url,
  }: {
    readonly tls?: boolean;
    readonly settings?: readonly string[];
    /** The agent trusts only the signer of this control plane, as where `sluice register` has set it up. */
    readonly pinned?: boolean;
    /** Returns the URL for the agent, such as that of a proxy before the control plane's. */
    readonly by?: (url: string) => Promise<string>;
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-agent-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const sluice = await openServerFixture(t, { tls });
  const url = await by(tls ? sluice.url.replace("http:", "https:") : sluice.url);
  const client = new CodeDeployClient(sluice.as());
  t.after(() => client.destroy());
  const key = await newUser(sluice, name, { Effect: "Allow", Action: "s3:Get*", Resource: "*" });
  await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn: arn }));
  const tag = { Key: "Role", Value: "app" };
  await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: [name], tags: [tag] }));
  await client.send(new CreateApplicationCommand({ applicationName: "app" }));
  await client.send(
    new CreateDeploymentGroupCommand({
      applicationName: "app",
      deploymentGroupName: "group",
      serviceRoleArn: await newRole(sluice, "deploy", { Service: "codedeploy.amazonaws.com" }),
      onPremisesInstanceTagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }],
    }),
  );
  writeFileSync(
    join(folder, "onpremises.yml"),
    `---\niam_user_arn: ${arn}\naws_access_key_id: ${key.accessKeyId}\naws_secret_access_key: ${key.secretAccessKey}\nregion: ${region}\n`,
  );
  const configuration = join(folder, "agent.yml");
  writeFileSync(
    configuration,
    [
      "---",
      `:log_dir: '${folder}/log/'`,
      `:pid_dir: '${folder}/pid/'`,
      ":program_name: codedeploy-agent",
      `:root_dir: '${folder}/root'`,
      ":wait_between_runs: 1",
      `:on_premises_config_file: '${folder}/onpremises.yml'`,
      `:deploy_control_endpoint: '${url}'`,
      `:s3_endpoint_override: '${url}'`,
      ...(pinned ? [`:trusted_signer: '${await sluice.signerSha256()}'`] : []),
      ...settings,
      "",
    ].join("\n"),
  );
  return { folder, sluice, client, configuration };
}

export type AgentFixture = Awaited<ReturnType<typeof openAgentFixture>>;

/** An agent in a process group of its own. */
export class AgentProcess {
  readonly #words: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;
  #group: number | undefined;

  constructor(t: TestContext, words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#words = words;
    this.#environment = { PATH: process.env.PATH, ...environment };
    t.after(() => this.kill());
  }

  start(): void {
    const [command = "", ...words] = this.#words;
    const { pid } = spawn(command, words, { detached: true, stdio: "ignore", env: this.#environment });
    this.#group = pid;
  }

  /** Ends it, and processes that it has forked, as a power cut would; scripts have groups of their own. */
  kill(): void {
    if (this.#group === undefined) return;
    try {
      process.kill(-this.#group, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
    this.#group = undefined;
  }
}

/** Deploys a revision with these scripts, by event, which installs one file into the folder `app`. */
export async function begin(
  { sluice, client, folder }: AgentFixture,
  scripts: Readonly<Record<string, string>>,
): Promise<string> {
  const revision = mkdtempSync(join(folder, "revision-"));
  const hooks = Object.keys(scripts).map((event) => `  ${event}: [{location: ${event}.sh, timeout: 60}]\n`);
  writeFileSync(
    join(revision, "appspec.yml"),
    `version: 0.0\nos: linux\nfiles: [{source: app.txt, destination: ${folder}/app}]\nhooks:\n${hooks.join("")}`,
  );
  writeFileSync(join(revision, "app.txt"), "installed");
  for (const [event, text] of Object.entries(scripts))
    writeFileSync(join(revision, `${event}.sh`), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const endpoint = { url: sluice.url, region, credentials: sluice.administrator };
  return deploy(client, endpoint, { folder: revision, application: "app", group: "group" });
}

/** Waits for the end of a deployment; returns its status, the events of the host, and the agent's log. */
export async function end({ client, folder }: AgentFixture, deploymentId: string) {
  const status = await eventually(
    `deployment ${deploymentId} ends`,
    async () => {
      const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
      return ["Succeeded", "Failed"].includes(deploymentInfo?.status ?? "") ? deploymentInfo?.status : undefined;
    },
    120,
  );
  const { deploymentTarget } = await client.send(new GetDeploymentTargetCommand({ deploymentId, targetId: name }));
  const events = deploymentTarget?.instanceTarget?.lifecycleEvents ?? [];
  const log = join(folder, "log/codedeploy-agent.log");
  return { status, events, log: existsSync(log) ? readFileSync(log, "utf8") : "there is no log" };
}
