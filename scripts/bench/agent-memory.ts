import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { deploy } from "../../packages/cli/src/commands/deploy.ts";
import { packAgent } from "../pack.ts";
import { atMostTimes, type Figure } from "./figure.ts";
import { type MeasuredSluice, startSluice } from "./measured-sluice.ts";
import { idleNode, memoryOf } from "./yardsticks.ts";

/** How long the agent idles before it is measured, in milliseconds. */
const idleMilliseconds = 5_000;
const deployments = 100;
/** The first deployments load code; growth is counted from the end of these on. */
const warmUp = 20;
const region = "us-east-1";
const name = "bench";

/** The memory of an agent that waits for commands, at first and after a hundred deployments. */
export async function agentMemory(): Promise<readonly Figure[]> {
  const sluice = await startSluice("--no-example");
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const client = new CodeDeployClient({ region, endpoint: sluice.url, credentials: sluice.credentials });
  const configuration = await configure(sluice, client, folder);
  const agent = await start(configuration);
  try {
    const idle = await settled(agent);
    await deployTimes(warmUp, { sluice, client });
    const warm = await settled(agent);
    await deployTimes(deployments - warmUp, { sluice, client });
    const late = await settled(agent);
    const releasing = await releasingAgent(agent, configuration);
    const { ownMemory, resident } = await idleNode();
    const own = { unit: "MB", of: [ownMemory] };
    const whole = { unit: "MB", of: [resident] };
    const after = `after ${deployments} deployments`;
    const growth = late.privateMegabytes - warm.privateMegabytes;
    return [
      atMostTimes("private", idle.privateMegabytes, { times: 1.1, ...own }),
      atMostTimes(`private, ${after}`, late.privateMegabytes, { times: 1.1, ...own }),
      atMostTimes(`growth from deployment ${warmUp} to ${deployments}`, growth, { times: 0.1, ...own }),
      atMostTimes("resident, with release_idle_memory", releasing.residentMegabytes, { times: 1.1, ...whole }),
    ];
  } finally {
    agent.kill("SIGTERM");
    client.destroy();
    await sluice.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(configuration: string): Promise<ChildProcess> {
  return spawn(process.execPath, [await packAgent(), "--config_file", configuration, "run"], {
    stdio: "inherit",
    // As its unit of systemd, and its own start command, start it.
    env: { PATH: process.env.PATH, MALLOC_ARENA_MAX: "2" },
  });
}

/** The memory of an agent that releases its resident pages, started in the place of the other one. */
async function releasingAgent(agent: ChildProcess, configuration: string) {
  agent.kill("SIGTERM");
  await once(agent, "exit");
  appendFileSync(configuration, "release_idle_memory: true\n");
  const releasing = await start(configuration);
  try {
    return await settled(releasing);
  } finally {
    releasing.kill("SIGTERM");
  }
}

async function settled(agent: ChildProcess) {
  await pause(idleMilliseconds);
  return memoryOf(agent);
}

/** Registers this machine as an on-premises instance that a group selects. Returns the agent's configuration file. */
async function configure(sluice: MeasuredSluice, client: CodeDeployClient, folder: string): Promise<string> {
  const iam = new IAMClient({ region, endpoint: sluice.url, credentials: sluice.credentials });
  const { User } = await iam.send(new CreateUserCommand({ UserName: name }));
  const reads = { Effect: "Allow", Action: "s3:Get*", Resource: "*" };
  const document = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: "reads", PolicyDocument: document(reads) }));
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  const trust = { Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document(trust) }));
  iam.destroy();
  await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn: User?.Arn }));
  const tag = { Key: "Role", Value: name };
  await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: [name], tags: [tag] }));
  await client.send(new CreateApplicationCommand({ applicationName: name }));
  const group = { applicationName: name, deploymentGroupName: name, serviceRoleArn: Role?.Arn };
  const onPremisesInstanceTagFilters = [{ ...tag, Type: "KEY_AND_VALUE" } as const];
  await client.send(new CreateDeploymentGroupCommand({ ...group, onPremisesInstanceTagFilters }));
  writeFileSync(
    join(folder, "onpremises.yml"),
    `iam_user_arn: ${User?.Arn}\nregion: ${region}\naws_access_key_id: ${key?.AccessKeyId}\naws_secret_access_key: ${key?.SecretAccessKey}\n`,
  );
  const file = join(folder, "agent.yml");
  writeFileSync(
    file,
    `log_dir: ${folder}/log\npid_dir: ${folder}/pid\nroot_dir: ${folder}/root\nwait_between_runs: 1\non_premises_config_file: ${folder}/onpremises.yml\ndeploy_control_endpoint: ${sluice.url}\ns3_endpoint_override: ${sluice.url}\ninstall_root: ${folder}/host\n`,
  );
  return file;
}

const revision = resolve(import.meta.dirname, "../../test/fixtures/ledger");

async function deployTimes(
  times: number,
  { sluice, client }: { sluice: MeasuredSluice; client: CodeDeployClient },
): Promise<void> {
  const endpoint = { url: sluice.url, region, credentials: sluice.credentials };
  for (let done = 0; done < times; done += 1) {
    const deploymentId = await deploy(client, endpoint, { folder: revision, application: name, group: name });
    let status: string | undefined;
    while (status !== "Succeeded") {
      await pause(20);
      const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
      status = deploymentInfo?.status;
      if (status === "Failed")
        throw new Error(`Deployment ${deploymentId} failed: ${deploymentInfo?.errorInformation?.message}`);
    }
  }
}
