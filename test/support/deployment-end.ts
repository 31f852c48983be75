import { type CodeDeployClient, type DeploymentInfo, GetDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { eventually } from "./eventually.ts";

/** Whether a deployment is over. */
export const isOver = ({ status }: Pick<DeploymentInfo, "status">): boolean =>
  ["Succeeded", "Failed", "Stopped"].includes(status ?? "");

/** Waits for the end of a deployment. */
export const endOf = (client: CodeDeployClient, deploymentId: string, seconds: number): Promise<DeploymentInfo> =>
  eventually(
    `did ${deploymentId} end?`,
    async () => {
      const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
      return deploymentInfo !== undefined && isOver(deploymentInfo) ? deploymentInfo : undefined;
    },
    seconds,
  );
