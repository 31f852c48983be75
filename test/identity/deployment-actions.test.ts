import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, openServerFixture, region } from "../support/server-fixture.ts";
import { call } from "./call.ts";
import { newUser } from "./principals.ts";

const place = { applicationName: "shop", deploymentGroupName: "web" };
const github = (commit: string) => ({
  revisionType: "GitHub",
  gitHubLocation: { repository: "a/b", commitId: commit.repeat(40) },
});

/** A policy that allows actions on one deployment group, and reading its application's revisions and configurations. */
const allowing = (group: string, ...actions: readonly string[]) => [
  {
    Effect: "Allow",
    Action: actions,
    Resource: `arn:aws:codedeploy:${region}:${accountId}:deploymentgroup:shop/${group}`,
  },
  {
    Effect: "Allow",
    Action: ["codedeploy:RegisterApplicationRevision", "codedeploy:GetDeploymentConfig"],
    Resource: "*",
  },
];

test("who tries again or goes back needs the right to create deployments of that very group, and who reads another one", async (t) => {
  const sluice = await openServerFixture(t);
  const administer = (operation: string, input: object, service = "codedeploy") =>
    call(sluice, sluice.administrator, [service, operation], { ...input });
  await administer("CreateApplication", { applicationName: "shop" });
  const serviceRoleArn = `arn:aws:iam::${accountId}:role/deploy`;
  await administer("CreateDeploymentGroup", { ...place, serviceRoleArn });
  const made = await administer("CreateDeployment", { ...place, revision: github("a") });
  const deploymentId = made.find("deploymentId") ?? "";
  const asked: Readonly<Record<string, object>> = {
    ExplainDeployment: { deploymentId },
    ListDeploymentLogLines: { deploymentId },
    ListEvents: { deploymentId },
    PlanDeployment: { deployment: { ...place, revision: github("b") } },
    RetryDeployment: { deploymentId },
    RollBackDeploymentGroup: { ...place, revision: deploymentId },
  };
  const reading = Object.keys(asked).map((operation) => `sluice:${operation}`);
  const users = {
    nobody: await newUser(sluice, "nobody"),
    reader: await newUser(sluice, "reader", ...allowing("web", ...reading)),
    elsewhere: await newUser(sluice, "elsewhere", ...allowing("other", ...reading, "codedeploy:CreateDeployment")),
    deployer: await newUser(sluice, "deployer", ...allowing("web", ...reading, "codedeploy:CreateDeployment")),
  };
  const refused = async (user: keyof typeof users) => {
    const operations: string[] = [];
    for (const [operation, input] of Object.entries(asked)) {
      const { text } = await call(sluice, users[user], ["sluice", operation], { ...input });
      if (/AccessDenied/.test(text)) operations.push(operation);
    }
    return operations;
  };

  assert.deepEqual(await refused("nobody"), Object.keys(asked));
  assert.deepEqual(await refused("elsewhere"), Object.keys(asked));
  assert.deepEqual(
    await refused("reader"),
    ["RetryDeployment", "RollBackDeploymentGroup"],
    "a right to the operation is none to create deployments",
  );
  assert.deepEqual(await refused("deployer"), []);
});
