import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  ListDeploymentTargetsCommand,
  GetDeploymentTargetCommand,
} from "@aws-sdk/client-codedeploy";
import { EC2Client, DescribeImagesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { deploy } from "../../packages/cli/src/commands/deploy.ts";
import { isOver } from "../support/deployment-end.ts";
import { eventually } from "../support/eventually.ts";
import type { SluiceProcess } from "../support/sluice-process.ts";

const fixture = resolve(import.meta.dirname, "../fixtures/ledger");

/** One instance with a deployment group of its own, whose scripts write down when they begin and end. */
export class LedgerHost {
  readonly sluice: SluiceProcess;
  readonly instanceId: string;

  constructor(sluice: SluiceProcess, instanceId: string) {
    this.sluice = sluice;
    this.instanceId = instanceId;
  }

  /** Launches the instance and makes application and group. */
  static async launch(sluice: SluiceProcess): Promise<LedgerHost> {
    const endpoint = await connection(sluice);
    const ec2 = new EC2Client(endpoint);
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({}));
    const tag = { Key: "Role", Value: "ledger" };
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: Images[0]?.ImageId,
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: "instance", Tags: [tag] }],
      }),
    );
    ec2.destroy();
    await using(sluice, async (client) => {
      await client.send(new CreateApplicationCommand({ applicationName: "ledger" }));
      const group = {
        applicationName: "ledger",
        deploymentGroupName: "ledger",
        serviceRoleArn: "arn:aws:iam::123456789012:role/deploy",
      };
      await client.send(
        new CreateDeploymentGroupCommand({ ...group, ec2TagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }] }),
      );
    });
    const [instance] = Instances;
    assert(instance?.InstanceId, "an instance was launched");
    return new LedgerHost(sluice, instance.InstanceId);
  }

  /** Deploys the ledger's revision. Returns the deployment's id. */
  async deploy(): Promise<string> {
    const {
      AWS_ENDPOINT_URL: url = "",
      AWS_ACCESS_KEY_ID: accessKeyId = "",
      AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
    } = await this.sluice.environment();
    const endpoint = { url, region: "us-east-1", credentials: { accessKeyId, secretAccessKey } };
    return using(this.sluice, (client) =>
      deploy(client, endpoint, { folder: fixture, application: "ledger", group: "ledger" }),
    );
  }

  /** Runs a shell command on the instance, in the folder of the ledger. Returns its output. */
  async shell(line: string): Promise<string> {
    const { stdout } = await this.sluice.cli(
      "exec",
      this.instanceId,
      "--",
      "sh",
      "-c",
      `mkdir -p "\${SLUICE_INSTALL_ROOT:-}/var/ledger" && cd "\${SLUICE_INSTALL_ROOT:-}/var/ledger" && ${line}`,
    );
    return stdout.trim();
  }

  /** The ledger's lines about one deployment, without its id. */
  async lines(deploymentId: string): Promise<readonly string[]> {
    return this.#ledger()
      .split("\n")
      .filter((line) => line.startsWith(deploymentId))
      .map((line) => line.slice(deploymentId.length + 1));
  }

  /** Reads the ledger on the instance's disk. A process for each reading would slow down what the test waits for. */
  #ledger(): string {
    const cloud = join(this.sluice.folder, "data/cloud");
    const disks = [join(cloud, "plain", this.instanceId, "root"), join(cloud, "ns/instances", this.instanceId, "root")];
    const file = disks.map((disk) => join(disk, "var/ledger/ledger")).find((path) => existsSync(path));
    return file === undefined ? "" : readFileSync(file, "utf8");
  }

  /** Waits for a line of the ledger. */
  async writes(deploymentId: string, line: string): Promise<void> {
    await eventually(`the ledger of ${deploymentId} says "${line}"`, async () =>
      (await this.lines(deploymentId)).includes(line) ? true : undefined,
    );
  }

  /** Waits for the deployment's end. */
  async end(deploymentId: string) {
    return eventually(`deployment ${deploymentId} ends`, async () => {
      const { deploymentInfo } = await using(this.sluice, (client) =>
        client.send(new GetDeploymentCommand({ deploymentId })),
      );
      return deploymentInfo !== undefined && isOver(deploymentInfo) ? deploymentInfo : undefined;
    });
  }

  /** The deployment's events on the instance; undefined before it has begun. */
  async events(deploymentId: string) {
    return using(this.sluice, async (client) => {
      const { targetIds = [] } = await client
        .send(new ListDeploymentTargetsCommand({ deploymentId }))
        .catch(() => ({ targetIds: [] as string[] }));
      const [targetId] = targetIds;
      if (targetId === undefined) return undefined;
      const { deploymentTarget } = await client.send(new GetDeploymentTargetCommand({ deploymentId, targetId }));
      return deploymentTarget?.instanceTarget?.lifecycleEvents;
    });
  }
}

/** Runs work with an SDK client of the process. */
export async function using<Answer>(
  sluice: SluiceProcess,
  work: (client: CodeDeployClient) => Promise<Answer>,
): Promise<Answer> {
  const client = new CodeDeployClient(await connection(sluice));
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

async function connection(sluice: SluiceProcess) {
  const {
    AWS_ENDPOINT_URL: endpoint = "",
    AWS_ACCESS_KEY_ID: accessKeyId = "",
    AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
  } = await sluice.environment();
  return { endpoint, region: "us-east-1", credentials: { accessKeyId, secretAccessKey } };
}
