import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BatchGetApplicationsCommand,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  DeleteApplicationCommand,
  GetApplicationCommand,
  ListApplicationsCommand,
  ListDeploymentGroupsCommand,
  paginateListApplications,
  UpdateApplicationCommand,
} from "@aws-sdk/client-codedeploy";
import { isFault, openApi, serviceRoleArn } from "./api-fixture.ts";

test("an application is returned as AWS returns it", async (t) => {
  const { client, raw } = await openApi(t);

  const { applicationId } = await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  const { application } = await client.send(new GetApplicationCommand({ applicationName: "shop" }));

  assert.match(applicationId ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.deepEqual(application, {
    applicationId,
    applicationName: "shop",
    createTime: new Date("2026-01-01T00:00:00.125Z"),
    linkedToGitHub: false,
    computePlatform: "Server",
  });
  const { text, headers } = await raw("GetApplication", { applicationName: "shop" });
  assert.match(text, /"createTime":1767225600\.125[,}]/);
  assert.equal(headers.get("content-type"), "application/x-amz-json-1.1");
  assert.match(headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
});

test("a name is taken once, and one that is not there is named in the fault", async (t) => {
  const { client } = await openApi(t);
  await client.send(new CreateApplicationCommand({ applicationName: "shop", computePlatform: "Lambda" }));

  const again = client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  const absent = client.send(new GetApplicationCommand({ applicationName: "Shop" }));

  await assert.rejects(again, isFault("ApplicationAlreadyExists"));
  await assert.rejects(absent, isFault("ApplicationDoesNotExist", "No application found for name: Shop"));
});

test("a renamed application keeps its id and its groups", async (t) => {
  const { client } = await openApi(t);
  const { applicationId } = await client.send(new CreateApplicationCommand({ applicationName: "old" }));
  await client.send(new CreateApplicationCommand({ applicationName: "other" }));
  const group = { applicationName: "old", deploymentGroupName: "prod", serviceRoleArn };
  await client.send(new CreateDeploymentGroupCommand(group));

  await client.send(new UpdateApplicationCommand({ applicationName: "old", newApplicationName: "new" }));

  const { application } = await client.send(new GetApplicationCommand({ applicationName: "new" }));
  assert.equal(application?.applicationId, applicationId);
  const { applicationName, deploymentGroups } = await client.send(
    new ListDeploymentGroupsCommand({ applicationName: "new" }),
  );
  assert.deepEqual([applicationName, deploymentGroups], ["new", ["prod"]]);
  const taken = client.send(new UpdateApplicationCommand({ applicationName: "new", newApplicationName: "other" }));
  await assert.rejects(taken, isFault("ApplicationAlreadyExists"));
});

test("deleting an application is quiet when it is gone already", async (t) => {
  const { client } = await openApi(t);
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));

  await client.send(new DeleteApplicationCommand({ applicationName: "shop" }));
  await client.send(new DeleteApplicationCommand({ applicationName: "shop" }));

  assert.deepEqual((await client.send(new ListApplicationsCommand({}))).applications, []);
});

test("a list comes in pages, and a token is good for its own list only", async (t) => {
  const { client } = await openApi(t);
  const names = Array.from({ length: 250 }, (_, index) => `application-${String(index).padStart(3, "0")}`);
  await Promise.all(names.map((applicationName) => client.send(new CreateApplicationCommand({ applicationName }))));

  const pages: number[] = [];
  const seen: string[] = [];
  for await (const { applications = [] } of paginateListApplications({ client }, {})) {
    pages.push(applications.length);
    seen.push(...applications);
  }

  assert.deepEqual(pages, [100, 100, 50]);
  assert.deepEqual(seen, names);
  const { nextToken } = await client.send(new ListApplicationsCommand({}));
  const elsewhere = client.send(new ListDeploymentGroupsCommand({ applicationName: names[0], nextToken }));
  await assert.rejects(elsewhere, isFault("InvalidNextToken"));
  await assert.rejects(client.send(new ListApplicationsCommand({ nextToken: "x" })), isFault("InvalidNextToken"));
});

test("a batch is answered in the order of the request, or refused whole", async (t) => {
  const { client } = await openApi(t);
  for (const applicationName of ["a", "b"]) await client.send(new CreateApplicationCommand({ applicationName }));

  const { applicationsInfo } = await client.send(new BatchGetApplicationsCommand({ applicationNames: ["b", "a"] }));

  assert.deepEqual(
    applicationsInfo?.map(({ applicationName }) => applicationName),
    ["b", "a"],
  );
  const unknown = client.send(new BatchGetApplicationsCommand({ applicationNames: ["a", "c"] }));
  await assert.rejects(unknown, isFault("ApplicationDoesNotExist"));
  const many = Array.from({ length: 101 }, (_, index) => `n${index}`);
  const tooMany = client.send(new BatchGetApplicationsCommand({ applicationNames: many }));
  await assert.rejects(tooMany, isFault("BatchLimitExceeded"));
});
