import { type DeploymentCreator, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { eventually } from "./eventually.ts";
import type { TrafficFixture } from "./traffic-fixture.ts";

/** The deployments of the group `web`, the newest first. */
export async function deploymentsOf({ deploy }: TrafficFixture): Promise<readonly string[]> {
  const query = new ListDeploymentsCommand({ applicationName: "web", deploymentGroupName: "web" });
  return (await deploy.send(query)).deployments ?? [];
}

/** Waits for a deployment that is not among the known ones and was not created by a user. */
export const createdBy = (
  cloud: TrafficFixture,
  creator: DeploymentCreator,
  known: readonly string[],
): Promise<string> =>
  eventually(`a deployment by ${creator}`, async () => {
    for (const id of await deploymentsOf(cloud))
      if (!known.includes(id) && (await cloud.info(id)).creator === creator) return id;
    return undefined;
  });
