import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { atLeast, atMost, type Figure, median } from "./figure.ts";
import { bareRequestsPerSecond } from "./bare-http.ts";
import { startSluice } from "./measured-sluice.ts";
import { SimulatedAgent } from "./simulated-agent.ts";

const account = "123456789012";
const region = "us-east-1";
const events = 7;
/** Poll, acknowledgement, outcome. */
const requestsPerCommand = 3;
/** The share of bare node:http's 66,000 requests a second, where that was measured, that 3,750 commands a second come to. */
const bareShare = 0.17;
const sizes = { few: 100, many: 1_000, most: 5_000 };
/** Commands before anything is measured: what runs for the first time is not compiled yet. */
const warmCommands = 20_000;
/** Deployments whose median is the figure. */
const deployments = 5;
/** Targets that one deployment may have: larger fleets are several groups, deployed to at once. */
const groupMax = 1_000;
/** Instances that one AddTagsToOnPremisesInstances takes, and registrations that are under way at once. */
const batch = 100;

/** An AllAtOnce deployment whose agents do nothing but speak the protocol: how many commands a second the server hands out, durably, and what a target costs in small and large fleets. */
export async function simulatedAgents(): Promise<readonly Figure[]> {
  const few = await commandsPerSecond(sizes.few);
  const bare = await bareRequestsPerSecond(sizes.many);
  const many = await commandsPerSecond(sizes.many);
  const most = await commandsPerSecond(sizes.most);
  return [
    atLeast(
      `requests of ${sizes.many} agents (${Math.round(many)} commands a second) beside bare node:http (${Math.round(bare)} a second)`,
      (many * requestsPerCommand) / bare,
      bareShare,
      "x",
    ),
    atMost(`a target's cost among ${sizes.most} beside ${sizes.few}`, few / most, 1.2, "x"),
  ];
}

async function commandsPerSecond(hosts: number): Promise<number> {
  const sluice = await startSluice("--no-example");
  const client = new CodeDeployClient({ endpoint: sluice.url, region, credentials: sluice.credentials });
  const agents: SimulatedAgent[] = [];
  try {
    const names = Array.from({ length: hosts }, (_, index) => `host-${index}`);
    await register(client, names);
    agents.push(...names.map((name) => new SimulatedAgent(sluice, userOf(name))));
    for (const agent of agents) void agent.run();
    for (let commands = 0; commands < warmCommands; commands += hosts * events) await deployToAll(client, hosts);
    const rates: number[] = [];
    while (rates.length < deployments) {
      const started = performance.now();
      await deployToAll(client, hosts);
      rates.push((hosts * events) / ((performance.now() - started) / 1000));
    }
    return median(rates);
  } finally {
    for (const agent of agents) agent.close();
    client.destroy();
    await sluice.close();
  }
}

async function register(client: CodeDeployClient, names: readonly string[]): Promise<void> {
  for (let first = 0; first < names.length; first += batch) {
    const some = names.slice(first, first + batch);
    await Promise.all(
      some.map((instanceName) =>
        client.send(
          new RegisterOnPremisesInstanceCommand({
            instanceName,
            iamUserArn: userOf(instanceName),
          }),
        ),
      ),
    );
    const tags = [{ Key: "fleet", Value: String(Math.floor(first / groupMax)) }];
    await client.send(new AddTagsToOnPremisesInstancesCommand({ tags, instanceNames: some }));
  }
  await client.send(new CreateApplicationCommand({ applicationName: "bench" }));
  for (const deploymentGroupName of groupsOf(names.length))
    await client.send(
      new CreateDeploymentGroupCommand({
        applicationName: "bench",
        deploymentGroupName,
        serviceRoleArn: `arn:aws:iam::${account}:role/bench`,
        onPremisesInstanceTagFilters: [{ Key: "fleet", Value: deploymentGroupName, Type: "KEY_AND_VALUE" }],
      }),
    );
}

/** What an on-premises host is known by: its IAM user. */
const userOf = (name: string) => `arn:aws:iam::${account}:user/${name}`;

const groupsOf = (hosts: number) => Array.from({ length: Math.ceil(hosts / groupMax) }, (_, index) => String(index));

const deployToAll = (client: CodeDeployClient, hosts: number) =>
  Promise.all(groupsOf(hosts).map((group) => deploy(client, group)));

async function deploy(client: CodeDeployClient, deploymentGroupName: string): Promise<void> {
  const { deploymentId } = await client.send(
    new CreateDeploymentCommand({
      applicationName: "bench",
      deploymentGroupName,
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
      revision: { revisionType: "GitHub", gitHubLocation: { repository: "a/b", commitId: "0".repeat(40) } },
    }),
  );
  await ended(client, deploymentId);
}

async function ended(client: CodeDeployClient, deploymentId: string | undefined): Promise<void> {
  for (;;) {
    const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
    if (deploymentInfo?.status === "Succeeded") return;
    if (deploymentInfo?.status === "Failed") throw new Error(deploymentInfo.errorInformation?.message);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
