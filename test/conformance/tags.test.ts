import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateApplicationCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  DeleteGitHubAccountTokenCommand,
  DeleteResourcesByExternalIdCommand,
  ListGitHubAccountTokenNamesCommand,
  ListTagsForResourceCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApplicationCommand,
  UpdateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { isFault, openApi, serviceRoleArn } from "./api-fixture.ts";

const prefix = "arn:aws:codedeploy:us-east-1:123456789012";

test("tags are set, overwritten and removed, and go with a renamed resource", async (t) => {
  const { client } = await openApi(t);
  const tags = [{ Key: "team", Value: "a" }];
  await client.send(new CreateApplicationCommand({ applicationName: "shop", tags }));
  const group = { applicationName: "shop", deploymentGroupName: "prod", serviceRoleArn, tags };
  await client.send(new CreateDeploymentGroupCommand(group));
  const list = async (ResourceArn: string) => (await client.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags;
  const tag = (ResourceArn: string, Tags: Tag[]) => client.send(new TagResourceCommand({ ResourceArn, Tags }));

  assert.deepEqual(await list(`${prefix}:application:shop`), tags);
  await tag(`${prefix}:deploymentgroup:shop/prod`, [
    { Key: "team", Value: "b" },
    { Key: "stage", Value: "" },
  ]);
  await client.send(new UpdateApplicationCommand({ applicationName: "shop", newApplicationName: "store" }));
  await client.send(
    new UpdateDeploymentGroupCommand({
      applicationName: "store",
      currentDeploymentGroupName: "prod",
      newDeploymentGroupName: "live",
    }),
  );

  const renamed = `${prefix}:deploymentgroup:store/live`;
  assert.deepEqual(await list(renamed), [
    { Key: "team", Value: "b" },
    { Key: "stage", Value: "" },
  ]);
  await client.send(new UntagResourceCommand({ ResourceArn: renamed, TagKeys: ["team", "never"] }));
  assert.deepEqual(await list(renamed), [{ Key: "stage", Value: "" }]);
  assert.deepEqual(await list(`${prefix}:application:shop`), []);
  // Terraform leaves the account out when it does not know it.
  assert.deepEqual(await list("arn:aws:codedeploy:us-east-1::application:store"), tags);
  await assert.rejects(tag(`${prefix}:application:shop`, tags), isFault("ApplicationDoesNotExist"));
  await assert.rejects(tag(`${prefix}:deploymentgroup:store/prod`, tags), isFault("DeploymentGroupDoesNotExist"));
});

test("custom configurations are tagged too, and nothing else is", async (t) => {
  const { client } = await openApi(t);
  const Tags = [{ Key: "team", Value: "a" }];
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 1 } as const;
  await client.send(new CreateDeploymentConfigCommand({ deploymentConfigName: "mine", minimumHealthyHosts }));
  const ResourceArn = `${prefix}:deploymentconfig:mine`;

  await client.send(new TagResourceCommand({ ResourceArn, Tags }));

  assert.deepEqual((await client.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags, Tags);
  const cases = {
    [`${prefix}:deploymentconfig:never`]: "DeploymentConfigDoesNotExist",
    [`${prefix}:deploymentconfig:CodeDeployDefault.AllAtOnce`]: "ArnNotSupported",
    [`${prefix}:instance/rack_1`]: "ArnNotSupported",
    [`${prefix}:deploymentgroup:shop`]: "InvalidArn",
    "arn:aws:s3:::bucket": "InvalidArn",
    shop: "InvalidArn",
  };
  for (const [arn, fault] of Object.entries(cases))
    await assert.rejects(client.send(new TagResourceCommand({ ResourceArn: arn, Tags })), isFault(fault));
});

test("tags are limited, and one key has one value", async (t) => {
  const { client } = await openApi(t);
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  const ResourceArn = `${prefix}:application:shop`;
  const tag = (Tags: Tag[]) => client.send(new TagResourceCommand({ ResourceArn, Tags }));
  const numbered = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ Key: `k${from + index}`, Value: "" }));

  await tag(numbered(0, 40));
  await assert.rejects(tag(numbered(40, 11)), isFault("InvalidTagsToAdd", "51 tags"));
  await assert.rejects(tag([{ Key: "" }]), isFault("InvalidTagsToAdd"));
  await assert.rejects(tag([{ Key: "x".repeat(129) }]), isFault("InvalidTagsToAdd"));
  await assert.rejects(tag([{ Key: "a" }, { Key: "a" }]), isFault("InvalidTagsToAdd", "twice"));
  await assert.rejects(tag([]), isFault("TagRequired"));
});

test("GitHub tokens are listed by name and deleted, and never shown", async (t) => {
  const { client, store, raw } = await openApi(t);
  await store.write(() => {
    store.githubTokens.put({ name: "octocat", sealed: "ghp_secret" });
    store.githubTokens.put({ name: "hubot", sealed: "ghp_secret" });
  });

  const { text } = await raw("ListGitHubAccountTokenNames", {});
  assert.deepEqual(JSON.parse(text), { tokenNameList: ["hubot", "octocat"] });
  const { tokenName } = await client.send(new DeleteGitHubAccountTokenCommand({ tokenName: "octocat" }));

  assert.equal(tokenName, "octocat");
  assert.deepEqual((await client.send(new ListGitHubAccountTokenNamesCommand({}))).tokenNameList, ["hubot"]);
  const again = client.send(new DeleteGitHubAccountTokenCommand({ tokenName: "octocat" }));
  await assert.rejects(again, isFault("GitHubAccountTokenDoesNotExist"));
});

test("operations without an output answer with an empty body, and those with an empty one with {}", async (t) => {
  const { client, raw } = await openApi(t);
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  await client.send(new DeleteResourcesByExternalIdCommand({ externalId: "stack" }));

  assert.equal((await raw("UpdateApplication", { applicationName: "shop", newApplicationName: "store" })).text, "");
  assert.equal((await raw("DeleteApplication", { applicationName: "store" })).text, "");
  assert.equal((await raw("DeleteResourcesByExternalId", {})).text, "{}");
});
