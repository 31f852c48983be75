import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  BatchGetDeploymentInstancesCommand,
  BatchGetDeploymentTargetsCommand,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupInput,
  GetDeploymentCommand,
  GetDeploymentInstanceCommand,
  GetDeploymentTargetCommand,
  ListDeploymentInstancesCommand,
  type ListDeploymentInstancesInput,
  ListDeploymentTargetsCommand,
  type ListDeploymentTargetsInput,
} from "@aws-sdk/client-codedeploy";
import type { Target } from "@sluice/engine";
import { isFault, openApi, s3Revision, serviceRoleArn } from "./api-fixture.ts";

const [first, second, absent] = ["i-0123456789abcdef0", "i-0123456789abcdef1", "i-0123456789abcdef2"];
const arnOf = (id: string) => `arn:aws:ec2:us-east-1:123456789012:instance/${id}`;
const at = Date.parse("2026-01-01T00:00:00.125Z");
const success = { errorCode: "Success", scriptName: "", message: "Succeeded", logTail: "" } as const;

const target = (id: string, own: Partial<Target> = {}): Target => ({
  id,
  arn: arnOf(id),
  hostIdentifier: arnOf(id),
  status: "Succeeded",
  lastUpdatedAt: at,
  events: [
    { name: "ApplicationStop", status: "Succeeded", startTime: at, endTime: at + 1, diagnostics: success },
    { name: "DownloadBundle", status: "Skipped", endTime: at + 1 },
  ],
  ...own,
});

async function targetsOf(test: TestContext, settings: Partial<CreateDeploymentGroupInput> = {}) {
  const sluice = await openApi(test);
  const { client } = sluice;
  const name = { applicationName: "shop", deploymentGroupName: "prod" };
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  await client.send(new CreateDeploymentGroupCommand({ ...name, serviceRoleArn, ...settings }));
  const { deploymentId = "" } = await client.send(
    new CreateDeploymentCommand({ ...name, revision: s3Revision("a.zip") }),
  );
  return {
    ...sluice,
    deploymentId,
    start: (...targets: readonly Target[]) =>
      sluice.plant(deploymentId, { status: "InProgress", startTime: at }, targets),
    list: async (given: Partial<ListDeploymentTargetsInput> = {}) =>
      (await client.send(new ListDeploymentTargetsCommand({ deploymentId, ...given }))).targetIds,
    listInstances: async (given: Partial<ListDeploymentInstancesInput> = {}) =>
      (await client.send(new ListDeploymentInstancesCommand({ deploymentId, ...given }))).instancesList,
  };
}

test("a deployment that has not started has no targets to ask for", async (t) => {
  const { client, deploymentId, list, listInstances } = await targetsOf(t);

  const notStarted = isFault("DeploymentNotStarted");
  await assert.rejects(list(), notStarted);
  await assert.rejects(listInstances(), notStarted);
  await assert.rejects(client.send(new GetDeploymentTargetCommand({ deploymentId, targetId: first })), notStarted);
  const instance = new GetDeploymentInstanceCommand({ deploymentId, instanceId: first });
  await assert.rejects(client.send(instance), isFault("InstanceDoesNotExist"));
});

test("a target is shown with its events, and its deprecated twin with its ARN for an id", async (t) => {
  const { client, deploymentId, start } = await targetsOf(t);
  await start(target(first));
  const [began, ended] = [new Date(at), new Date(at + 1)];
  const lifecycleEvents = [
    {
      lifecycleEventName: "ApplicationStop",
      diagnostics: success,
      startTime: began,
      endTime: ended,
      status: "Succeeded",
    },
    { lifecycleEventName: "DownloadBundle", endTime: ended, status: "Skipped" },
  ];
  const common = { deploymentId, status: "Succeeded", lastUpdatedAt: began, lifecycleEvents };

  const shown = await client.send(new GetDeploymentTargetCommand({ deploymentId, targetId: first }));
  const summary = await client.send(new GetDeploymentInstanceCommand({ deploymentId, instanceId: first }));
  const overview = await client.send(new GetDeploymentCommand({ deploymentId }));

  assert.deepEqual(shown.deploymentTarget, {
    deploymentTargetType: "InstanceTarget",
    instanceTarget: { ...common, targetId: first, targetArn: arnOf(first) },
  });
  assert.deepEqual(summary.instanceSummary, { ...common, instanceId: arnOf(first) });
  assert.deepEqual(overview.deploymentInfo?.deploymentOverview, {
    Pending: 0,
    InProgress: 0,
    Succeeded: 1,
    Failed: 0,
    Skipped: 0,
    Ready: 0,
  });
});

test("batches of targets are answered whole or not at all, those of instances in part", async (t) => {
  const { client, deploymentId, start } = await targetsOf(t);
  await start(target(first), target(second));
  const batch = (...targetIds: readonly string[]) =>
    client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: [...targetIds] }));

  const { deploymentTargets } = await batch(second, first);
  assert.deepEqual(
    deploymentTargets?.map(({ instanceTarget }) => instanceTarget?.targetId),
    [second, first],
  );
  await assert.rejects(batch(first, absent), isFault("DeploymentTargetDoesNotExist"));
  const many = Array.from({ length: 26 }, (_, index) => `host-${index}`);
  await assert.rejects(batch(...many), isFault("DeploymentTargetListSizeExceeded"));

  const instances = new BatchGetDeploymentInstancesCommand({ deploymentId, instanceIds: [absent, first] });
  const { instancesSummary, errorMessage } = await client.send(instances);
  assert.deepEqual(
    instancesSummary?.map(({ instanceId }) => instanceId),
    [arnOf(first)],
  );
  assert.match(errorMessage ?? "", new RegExp(absent));
});

test("targets are listed by status and by label, where there are labels", async (t) => {
  const { start, list, listInstances } = await targetsOf(t, {
    deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
    loadBalancerInfo: { elbInfoList: [{ name: "classic" }] },
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" },
      deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
    },
  });
  await start(target(first, { label: "Blue", status: "Pending" }), target(second, { label: "Green" }));

  assert.deepEqual(await list(), [first, second]);
  assert.deepEqual(await list({ targetFilters: { TargetStatus: ["Succeeded", "Failed"] } }), [second]);
  assert.deepEqual(await list({ targetFilters: { ServerInstanceLabel: ["Blue"] } }), [first]);
  const none = { TargetStatus: ["Succeeded"], ServerInstanceLabel: ["Blue"] };
  assert.deepEqual(await list({ targetFilters: none }), []);
  assert.deepEqual(await listInstances({ instanceTypeFilter: ["Green"] }), [second]);
  assert.deepEqual(await listInstances({ instanceStatusFilter: ["Pending"] }), [first]);
  const unknown: object = { Colour: ["Blue"] };
  await assert.rejects(list({ targetFilters: unknown }), isFault("InvalidTargetFilterName"));
  await assert.rejects(list({ targetFilters: { TargetStatus: ["Done"] } }), isFault("InvalidInstanceStatus"));
  await assert.rejects(list({ targetFilters: { ServerInstanceLabel: ["Red"] } }), isFault("InvalidInstanceType"));
});

test("labels are refused for in-place deployments, and a thousand targets come in pages", async (t) => {
  const { client, deploymentId, start, list } = await targetsOf(t);
  const ids = Array.from({ length: 250 }, (_, index) => `i-${String(index).padStart(17, "0")}`);
  await start(...ids.map((id) => target(id)));

  const label = { targetFilters: { ServerInstanceLabel: ["Blue"] } };
  await assert.rejects(list(label), isFault("InvalidDeploymentInstanceType"));
  const seen: string[] = [];
  for (let nextToken: string | undefined; ;) {
    const page = await client.send(new ListDeploymentTargetsCommand({ deploymentId, nextToken }));
    seen.push(...(page.targetIds ?? []));
    nextToken = page.nextToken;
    if (nextToken === undefined) break;
  }
  assert.deepEqual(seen, ids);
});
