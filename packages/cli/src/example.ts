import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  ListDeploymentsCommand,
} from "@aws-sdk/client-codedeploy";
import { DescribeImagesCommand, DescribeInstancesCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { accountId } from "./config.ts";
import { deploy } from "./commands/deploy.ts";
import { clientOptions, type Endpoint } from "./endpoint.ts";
import { watch } from "./commands/watch.ts";

const name = "hello";
const tag = { Key: "Application", Value: name };

/** Launches the missing instances of the example, deploys it and shows the deployment. After a restart it watches what is under way instead. */
export async function deployExample(
  endpoint: Endpoint,
  { folder, instances, driver }: { folder: string; instances: number; driver: string },
): Promise<void> {
  const codeDeploy = new CodeDeployClient(clientOptions(endpoint));
  const ec2 = new EC2Client(clientOptions(endpoint));
  try {
    const started = await launchMissing(ec2, instances);
    console.log(`${instances} instances (${driver}), ${started} of them new; each runs the agent\n`);
    await ensureGroup(codeDeploy);
    const underWay = await deploymentUnderWay(codeDeploy);
    if (underWay === undefined && started === 0) return;
    const request = {
      folder,
      application: name,
      group: name,
      bucket: "sluice-example",
      description: "the example application",
    };
    await watch(codeDeploy, underWay ?? (await deploy(codeDeploy, endpoint, request)), process.stdout);
  } finally {
    codeDeploy.destroy();
    ec2.destroy();
  }
}

async function launchMissing(ec2: EC2Client, wanted: number): Promise<number> {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: `tag:${tag.Key}`, Values: [tag.Value] },
        { Name: "instance-state-name", Values: ["pending", "running"] },
      ],
    }),
  );
  const missing = wanted - Reservations.flatMap(({ Instances = [] }) => Instances).length;
  if (missing <= 0) return 0;
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({}));
  const [image] = Images;
  await ec2.send(
    new RunInstancesCommand({
      ImageId: image?.ImageId,
      InstanceType: "t3.micro",
      MinCount: missing,
      MaxCount: missing,
      TagSpecifications: [{ ResourceType: "instance", Tags: [tag, { Key: "Name", Value: name }] }],
    }),
  );
  return missing;
}

async function ensureGroup(codeDeploy: CodeDeployClient): Promise<void> {
  await unlessThere(
    "ApplicationAlreadyExistsException",
    codeDeploy.send(new CreateApplicationCommand({ applicationName: name })),
  );
  const group = new CreateDeploymentGroupCommand({
    applicationName: name,
    deploymentGroupName: name,
    serviceRoleArn: `arn:aws:iam::${accountId}:role/${name}`,
    ec2TagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }],
  });
  await unlessThere("DeploymentGroupAlreadyExistsException", codeDeploy.send(group));
}

async function deploymentUnderWay(codeDeploy: CodeDeployClient): Promise<string | undefined> {
  const { deployments = [] } = await codeDeploy.send(
    new ListDeploymentsCommand({
      applicationName: name,
      deploymentGroupName: name,
      includeOnlyStatuses: ["Created", "Queued", "InProgress"],
    }),
  );
  return deployments[0];
}

async function unlessThere(fault: string, creation: Promise<unknown>): Promise<void> {
  await creation.catch((error: Error) => {
    if (error.name !== fault) throw error;
  });
}
