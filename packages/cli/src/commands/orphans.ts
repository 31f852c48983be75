import {
  AutoScalingClient,
  type AutoScalingGroup,
  paginateDescribeAutoScalingGroups,
} from "@aws-sdk/client-auto-scaling";
import { CodeDeployClient, GetDeploymentCommand, GetDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import { printable } from "@sluice/aws-protocol/printable";
import { clientOptions, type Endpoint } from "../endpoint.ts";

/** The tag that blue/green deployments give to the Auto Scaling groups they make. */
const provisioningTag = "CodeDeployProvisioningDeploymentId";

/** The Auto Scaling groups that blue/green deployments have left behind, a line each with the reason and the command that removes it (deployments.md §7.4). */
export async function orphans(endpoint: Endpoint): Promise<readonly string[]> {
  const scaling = new AutoScalingClient(clientOptions(endpoint));
  const codeDeploy = new CodeDeployClient(clientOptions(endpoint));
  try {
    const lines: string[] = [];
    const Filters = [{ Name: "tag-key", Values: [provisioningTag] }];
    for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client: scaling }, { Filters }))
      for (const group of AutoScalingGroups) lines.push(...(await lineOf(codeDeploy, group)));
    return lines;
  } finally {
    scaling.destroy();
    codeDeploy.destroy();
  }
}

async function lineOf(client: CodeDeployClient, group: AutoScalingGroup): Promise<readonly string[]> {
  const { AutoScalingGroupName: name = "", Instances = [], Tags = [] } = group;
  const deploymentId = Tags.find(({ Key }) => Key === provisioningTag)?.Value ?? "";
  const why = await whyOrphaned(client, deploymentId, name);
  if (why === undefined) return [];
  return [
    `${printable(name)}  ${Instances.length} instances  ${printable(why)}`,
    `  to remove it: aws autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name ${shellWord(name)}`,
  ];
}

/** Returns a name as one word of a shell's command. */
const shellWord = (name: string): string =>
  /^[\w.@%+=:/-]+$/.test(name) ? name : `'${printable(name).replaceAll("'", "'\\''")}'`;

/** Why the group is not needed; undefined when it is. */
async function whyOrphaned(
  client: CodeDeployClient,
  deploymentId: string,
  scalingGroup: string,
): Promise<string | undefined> {
  const deployment = await found(client.send(new GetDeploymentCommand({ deploymentId })));
  if (deployment === undefined) return `its deployment ${deploymentId} is unknown here`;
  const { status = "", applicationName, deploymentGroupName } = deployment.deploymentInfo ?? {};
  if (status !== "Succeeded" && status !== "Failed" && status !== "Stopped") return undefined;
  const owner = await found(client.send(new GetDeploymentGroupCommand({ applicationName, deploymentGroupName })));
  const owned = owner?.deploymentGroupInfo?.autoScalingGroups ?? [];
  if (owned.some(({ name }) => name === scalingGroup)) return undefined;
  return `${deploymentId} ${status}, and the deployment group does not use it`;
}

/** What was asked for; undefined when it does not exist. */
async function found<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && /DoesNotExist|InvalidDeploymentId/.test(error.name)) return undefined;
    throw error;
  }
}
