import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateTopicCommand, PublishBatchCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { call } from "./call.ts";
import { accountId, openServerFixture, region } from "../support/server-fixture.ts";
import { newUser } from "./principals.ts";

const everything = { Effect: "Allow", Action: "*", Resource: "*" };
const iamArn = (path: string) => `arn:aws:iam::${accountId}:${path}`;

test("a Deny of publishing holds whatever stands beside the topic, and for many messages at once", async (t) => {
  const sluice = await openServerFixture(t);
  const own = new SNSClient(sluice.as());
  const { TopicArn = "" } = await own.send(new CreateTopicCommand({ Name: "prod" }));
  const denied = await newUser(sluice, "u", everything, { Effect: "Deny", Action: "sns:Publish", Resource: TopicArn });
  const sns = new SNSClient(sluice.as(denied));
  t.after(() => [own, sns].forEach((client) => client.destroy()));
  const name = ({ name }: Error) => name;

  const many = new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [{ Id: "1", Message: "m" }] });
  assert.equal(await sns.send(many).catch(name), "AccessDenied");
  const beside = new PublishCommand({ TopicArn, PhoneNumber: "+491", Message: "m" });
  assert.equal(await sns.send(beside).catch(name), "AccessDenied");
});

test("a Deny on an on-premises instance, by its name or its tags, holds for the key of its host", async (t) => {
  const sluice = await openServerFixture(t);
  const rule = (operation: string, input: object) =>
    call(sluice, sluice.administrator, ["codedeploy", operation], { ...input });
  await rule("RegisterOnPremisesInstance", { instanceName: "prod-1", iamUserArn: iamArn("user/prod-1") });
  await rule("AddTagsToOnPremisesInstances", { instanceNames: ["prod-1"], tags: [{ Key: "stage", Value: "prod" }] });
  const place = `arn:aws:codedeploy:${region}:${accountId}:instance`;
  const deny = { Effect: "Deny", Action: "sluice:*" };
  const isProd = { StringEquals: { "aws:ResourceTag/stage": "prod" } };
  const refused = {
    slash: { ...deny, Resource: `${place}/prod-1` },
    colon: { ...deny, Resource: `${place}:prod-1` },
    suffix: { ...deny, Resource: `${place}/prod-1_*` },
    tag: { ...deny, Resource: "*", Condition: isProd },
  };
  const other = { ...deny, Resource: `${place}/prod-2` };

  for (const [name, statement] of Object.entries({ ...refused, other })) {
    const user = await newUser(sluice, name, everything, statement);
    const { status, text } = await call(sluice, user, ["sluice", "CreateHostRegistration"], { instanceName: "prod-1" });
    assert.equal(status, name === "other" ? 200 : 400, `${name}: ${text}`);
  }
});

test("a Deny of putting tags on holds for what is made with tags, too", async (t) => {
  const sluice = await openServerFixture(t);
  const actions = ["codedeploy:TagResource", "iam:Tag*"];
  const user = await newUser(sluice, "u", everything, { Effect: "Deny", Action: actions, Resource: "*" });
  const status = async (service: string, operation: string, input: object) =>
    (await call(sluice, user, [service, operation], { ...input })).status;
  const tags = [{ Key: "team", Value: "red" }];
  const tagged = { "Tags.member.1.Key": "team", "Tags.member.1.Value": "red" };
  const group = { applicationName: "a", deploymentGroupName: "g", serviceRoleArn: iamArn("role/deploy") };

  assert.equal(await status("codedeploy", "CreateApplication", { applicationName: "a", tags }), 400);
  assert.equal(await status("codedeploy", "CreateApplication", { applicationName: "a" }), 200);
  assert.equal(await status("codedeploy", "CreateDeploymentGroup", { ...group, tags }), 400);
  assert.equal(await status("codedeploy", "CreateDeploymentGroup", group), 200);
  assert.equal(await status("iam", "CreateUser", { UserName: "made", ...tagged }), 403);
  assert.equal(await status("iam", "CreateUser", { UserName: "made" }), 200);
  assert.equal(await status("iam", "CreateInstanceProfile", { InstanceProfileName: "made", ...tagged }), 403);
});
