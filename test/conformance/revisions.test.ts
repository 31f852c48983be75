import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  BatchGetApplicationRevisionsCommand,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetApplicationRevisionCommand,
  GetDeploymentGroupCommand,
  ListApplicationRevisionsCommand,
  type ListApplicationRevisionsInput,
  RegisterApplicationRevisionCommand,
  type RevisionLocation,
} from "@aws-sdk/client-codedeploy";
import { isFault, openApi, s3Revision, serviceRoleArn } from "./api-fixture.ts";

const applicationName = "shop";
const gitHub: RevisionLocation = {
  revisionType: "GitHub",
  gitHubLocation: { repository: "owner/name", commitId: "0123456789abcdef0123456789abcdef01234567" },
};

async function revisionsOf(test: TestContext, computePlatform: "Server" | "Lambda" = "Server") {
  const sluice = await openApi(test);
  const { client } = sluice;
  await client.send(new CreateApplicationCommand({ applicationName, computePlatform }));
  return {
    ...sluice,
    register: (revision: RevisionLocation, description?: string) =>
      client.send(new RegisterApplicationRevisionCommand({ applicationName, revision, description })),
    get: (revision: RevisionLocation) => client.send(new GetApplicationRevisionCommand({ applicationName, revision })),
    list: async (given: Partial<ListApplicationRevisionsInput> = {}) =>
      (await client.send(new ListApplicationRevisionsCommand({ applicationName, ...given }))).revisions ?? [],
  };
}

test("a revision is found under exactly what it was registered with", async (t) => {
  const { register, get } = await revisionsOf(t);
  const exact = {
    ...s3Revision("a.zip"),
    s3Location: { ...s3Revision("a.zip").s3Location, version: "3", eTag: '"e"' },
  };
  await register(exact, "first");
  await register(exact, "second");

  const { revision, revisionInfo } = await get({ ...exact, s3Location: { ...exact.s3Location, eTag: "e" } });

  assert.deepEqual(revision, exact);
  assert.deepEqual(revisionInfo, {
    description: "second",
    deploymentGroups: [],
    registerTime: new Date("2026-01-01T00:00:00.125Z"),
  });
  await assert.rejects(get(s3Revision("a.zip")), isFault("RevisionDoesNotExist"));
});

test("an inline AppSpec is asked for by its hash, and shown whole", async (t) => {
  const { register, get, list } = await revisionsOf(t, "Lambda");
  const content = '{"version":0.0}';
  await register({ revisionType: "AppSpecContent", appSpecContent: { content } });

  const [listed = {}] = await list();
  const { revision } = await get(listed);

  assert.equal(listed.appSpecContent?.content, undefined);
  assert.deepEqual(revision?.appSpecContent, { content, sha256: listed.appSpecContent?.sha256 });
  await assert.rejects(register(gitHub), isFault("InvalidRevision", "for Lambda"));
});

test("a deployment registers its revision, and lists tell what stands where", async (t) => {
  const sluice = await revisionsOf(t);
  const { client, register, get, list, store } = sluice;
  await register(s3Revision("logs/old.zip"));
  await register(gitHub);
  const group = { applicationName, deploymentGroupName: "prod" };
  await client.send(new CreateDeploymentGroupCommand({ ...group, serviceRoleArn }));
  const deployed = s3Revision("app/new.zip");
  const { deploymentId } = await client.send(new CreateDeploymentCommand({ ...group, revision: deployed }));
  const { deploymentGroupInfo } = await client.send(new GetDeploymentGroupCommand(group));
  await store.write(() => store.groups.succeeded(deploymentGroupInfo?.deploymentGroupId ?? "", deployed));

  const now = new Date(sluice.now);
  assert.deepEqual((await get(deployed)).revisionInfo, {
    description: `Application revision registered by Deployment ID: ${deploymentId}`,
    deploymentGroups: ["prod"],
    registerTime: now,
    firstUsedTime: now,
    lastUsedTime: now,
  });
  assert.deepEqual(await list({ deployed: "include" }), [deployed]);
  assert.equal((await list({ deployed: "exclude" })).length, 2);
  assert.deepEqual(await list({ s3Bucket: "bundles", s3KeyPrefix: "logs/" }), [s3Revision("logs/old.zip")]);
  assert.deepEqual((await list({ sortBy: "lastUsedTime" }))[0], deployed);
  await assert.rejects(list({ s3KeyPrefix: "a" }), isFault("BucketNameFilterRequired"));
  await assert.rejects(list({ sortOrder: "ascending" }), isFault("InvalidSortBy"));
});

test("a batch leaves unknown revisions out, and says so", async (t) => {
  const { client, register } = await revisionsOf(t);
  await register(gitHub);

  const answer = await client.send(
    new BatchGetApplicationRevisionsCommand({ applicationName, revisions: [s3Revision("never"), gitHub] }),
  );

  assert.deepEqual(
    answer.revisions?.map(({ revisionLocation }) => revisionLocation),
    [gitHub],
  );
  assert.notEqual(answer.errorMessage, "");
});
