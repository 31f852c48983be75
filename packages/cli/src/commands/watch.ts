import { setTimeout as pause } from "node:timers/promises";
import type { CodeDeployClient, DeploymentTarget } from "@aws-sdk/client-codedeploy";
import { failure, news, type Picture, tree } from "../tree.ts";

/** How often a watched deployment is described, in milliseconds: often enough to look live, seldom enough to cost nothing. */
const lookEveryMilliseconds = 250;

/** Targets that one call may ask for (api.md §2.2). */
const targetsPerCall = 25;

/** What a watcher writes to: a terminal is redrawn, anything else gets a line for each event. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows a deployment until it ends. Returns whether it succeeded. */
export async function watch(client: CodeDeployClient, deploymentId: string, screen: Screen): Promise<boolean> {
  let before: Picture | undefined;
  let drawnLines = 0;
  for (;;) {
    const now = await look(client, deploymentId);
    if (screen.isTTY) drawnLines = redraw(screen, tree(now), drawnLines);
    else for (const line of news(before, now)) screen.write(`${line}\n`);
    const { status } = now.deployment;
    if (status === "Succeeded") return true;
    if (status === "Failed" || status === "Stopped") {
      screen.write(`\n${failure(now)}\n`);
      return false;
    }
    before = now;
    await pause(lookEveryMilliseconds);
  }
}

async function look(client: CodeDeployClient, deploymentId: string): Promise<Picture> {
  const { GetDeploymentCommand } = await import("@aws-sdk/client-codedeploy");
  const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
  if (deploymentInfo === undefined)
    throw new Error(`Cannot watch deployment "${deploymentId}": the answer has no deploymentInfo`);
  const begun = deploymentInfo.deploymentOverview !== undefined;
  return { deployment: deploymentInfo, targets: begun ? await allTargets(client, deploymentId) : [] };
}

async function allTargets(client: CodeDeployClient, deploymentId: string): Promise<readonly DeploymentTarget[]> {
  const { BatchGetDeploymentTargetsCommand, ListDeploymentTargetsCommand } = await import("@aws-sdk/client-codedeploy");
  const targets: DeploymentTarget[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListDeploymentTargetsCommand({ deploymentId, nextToken }));
    const { targetIds = [] } = page;
    for (let first = 0; first < targetIds.length; first += targetsPerCall) {
      const ids = targetIds.slice(first, first + targetsPerCall);
      const { deploymentTargets = [] } = await client.send(
        new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: ids }),
      );
      targets.push(...deploymentTargets);
    }
    ({ nextToken } = page);
  } while (nextToken !== undefined);
  return targets;
}

function redraw(screen: Screen, text: string, drawnLines: number): number {
  const up = drawnLines > 0 ? `\u001b[${drawnLines}A\u001b[J` : "";
  screen.write(`${up}${text}\n`);
  return text.split("\n").length;
}
