import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { deploy } from "../../packages/cli/src/deploy.ts";
import { eventually } from "../eventually.ts";
import { has } from "../house.ts";
import { accountId, openHouse, region } from "../identity/open-house.ts";
import { newRole, newUser } from "../identity/principals.ts";

// The unmodified agent of AWS against this control plane. It runs where there is a Ruby with the gems that its sources
// need (Debian: ruby ruby-aws-sdk-s3 ruby-zip ruby-minitar ruby-logging ruby-concurrent) and SLUICE_OFFICIAL_AGENT names
// the folder of the sources, release 1.8.1: https://github.com/aws/aws-codedeploy-agent

const sources = process.env.SLUICE_OFFICIAL_AGENT;
const skip =
  sources === undefined
    ? "SLUICE_OFFICIAL_AGENT names no folder with the official agent's sources"
    : !(await has("ruby")) && "ruby is not on this machine";
const limits = { skip, timeout: 180_000 };
const name = "ruby-1";
const arn = `arn:aws:iam::${accountId}:user/${name}`;

/** A control plane, and a host with the official agent. */
async function ground(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-official-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const house = await openHouse(t);
  const client = new CodeDeployClient(house.as());
  t.after(() => client.destroy());
  const key = await newUser(house, name, { Effect: "Allow", Action: "s3:Get*", Resource: "*" });
  await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn: arn }));
  const tag = { Key: "Role", Value: "ruby" };
  await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: [name], tags: [tag] }));
  await client.send(new CreateApplicationCommand({ applicationName: "app" }));
  await client.send(
    new CreateDeploymentGroupCommand({
      applicationName: "app",
      deploymentGroupName: "group",
      serviceRoleArn: await newRole(house, "deploy", { Service: "codedeploy.amazonaws.com" }),
      onPremisesInstanceTagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }],
    }),
  );
  writeFileSync(
    join(folder, "onpremises.yml"),
    `---\niam_user_arn: ${arn}\naws_access_key_id: ${key.accessKeyId}\naws_secret_access_key: ${key.secretAccessKey}\nregion: ${region}\n`,
  );
  writeFileSync(
    join(folder, "agent.yml"),
    [
      "---",
      `:log_dir: '${folder}/log/'`,
      `:pid_dir: '${folder}/pid/'`,
      ":program_name: codedeploy-agent",
      `:root_dir: '${folder}/root'`,
      ":wait_between_runs: 1",
      `:on_premises_config_file: '${folder}/onpremises.yml'`,
      `:deploy_control_endpoint: '${house.url}'`,
      `:s3_endpoint_override: '${house.url}'`,
      ":codedeploy_test_profile: beta",
      "",
    ].join("\n"),
  );
  return { folder, house, client, agent: new OfficialAgent(t, folder) };
}

type Ground = Awaited<ReturnType<typeof ground>>;

class OfficialAgent {
  readonly #folder: string;
  #group: number | undefined;

  constructor(t: TestContext, folder: string) {
    this.#folder = folder;
    t.after(() => this.kill());
  }

  start(): void {
    const script = resolve(import.meta.dirname, "../fixtures/official-agent.rb");
    const { pid } = spawn("ruby", [script, sources ?? "", join(this.#folder, "agent.yml")], {
      detached: true,
      stdio: "ignore",
      env: { PATH: process.env.PATH },
    });
    this.#group = pid;
  }

  /** Ends master and child as a power cut would; scripts have groups of their own. */
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

/** Deploys a revision whose scripts are given; ends when the deployment does. */
async function begin({ house, client, folder }: Ground, scripts: Readonly<Record<string, string>>): Promise<string> {
  const revision = mkdtempSync(join(folder, "revision-"));
  const hooks = Object.keys(scripts).map((event) => `  ${event}: [{location: ${event}.sh, timeout: 60}]\n`);
  writeFileSync(
    join(revision, "appspec.yml"),
    `version: 0.0\nos: linux\nfiles: [{source: app.txt, destination: ${folder}/app}]\nhooks:\n${hooks.join("")}`,
  );
  writeFileSync(join(revision, "app.txt"), "installed");
  for (const [event, text] of Object.entries(scripts))
    writeFileSync(join(revision, `${event}.sh`), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const endpoint = { url: house.url, region, credentials: house.administrator };
  return deploy(client, endpoint, { folder: revision, application: "app", group: "group" });
}

async function end({ client, folder }: Ground, deploymentId: string) {
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

test("the official agent completes a deployment", limits, async (t) => {
  const there = await ground(t);
  there.agent.start();

  const { status, events, log } = await end(
    there,
    await begin(there, { AfterInstall: `env | grep ^BUNDLE_BUCKET > ${there.folder}/env` }),
  );

  assert.equal(status, "Succeeded", log);
  assert.equal(readFileSync(join(there.folder, "app/app.txt"), "utf8"), "installed");
  assert.match(readFileSync(join(there.folder, "env"), "utf8"), /^BUNDLE_BUCKET=sluice-revisions$/m);
  assert(
    events.every((event) => event.status === "Succeeded"),
    JSON.stringify(events),
  );
});

test("the official agent's failing script fails the deployment with its own diagnostics", limits, async (t) => {
  const there = await ground(t);
  there.agent.start();

  const { status, events, log } = await end(there, await begin(there, { AfterInstall: "echo broken; exit 9" }));

  assert.equal(status, "Failed", log);
  const failed = events.find((event) => event.status === "Failed");
  assert.equal(failed?.lifecycleEventName, "AfterInstall");
  assert.deepEqual(
    { ...failed?.diagnostics, logTail: undefined },
    {
      errorCode: "ScriptFailed",
      scriptName: "AfterInstall.sh",
      message: "Script at specified location: AfterInstall.sh failed with exit code 9",
      logTail: undefined,
    },
  );
  assert.match(failed?.diagnostics?.logTail ?? "", /\[stdout\]broken/);
});

test("the official agent, killed in a script and started again, fails that event", limits, async (t) => {
  const there = await ground(t);
  mkdirSync(join(there.folder, "flags"));
  const scripts = { AfterInstall: `echo $$ > ${there.folder}/flags/began; exec sleep 60` };
  there.agent.start();
  const deployment = await begin(there, scripts);
  const began = join(there.folder, "flags/began");
  await eventually(
    "the script begins",
    async () => (existsSync(began) && readFileSync(began, "utf8") !== "") || undefined,
    60,
  );

  there.agent.kill();
  process.kill(Number(readFileSync(began, "utf8")), "SIGKILL"); // it leaves its scripts running
  there.agent.start();

  const { status, events, log } = await end(there, deployment);
  assert.equal(status, "Failed", log);
  const failed = events.find((event) => event.status === "Failed");
  assert.equal(failed?.lifecycleEventName, "AfterInstall");
  assert.match(failed?.diagnostics?.message ?? "", /Failing in-progress lifecycle event after an agent restart/);
});
