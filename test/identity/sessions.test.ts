import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { CodeDeployClient, ListApplicationsCommand, ListDeploymentConfigsCommand } from "@aws-sdk/client-codedeploy";
import {
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  IAMClient,
  UpdateAssumeRolePolicyCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { accountId, type Credentials, type ServerFixture, openServerFixture } from "../support/server-fixture.ts";
import { document, newRole, newUser } from "./principals.ts";

const everything = { Effect: "Allow", Action: "*", Resource: "*" };
const lists = { Effect: "Allow", Action: "codedeploy:List*", Resource: "*" };

function sts(t: TestContext, sluice: ServerFixture, credentials?: Credentials): STSClient {
  const client = new STSClient(sluice.as(credentials));
  t.after(() => client.destroy());
  return client;
}

/** Assumes a role; returns a key of the session. */
async function assume(
  client: STSClient,
  RoleArn: string,
  more: { readonly Policy?: string; readonly ExternalId?: string; readonly DurationSeconds?: number } = {},
): Promise<Credentials> {
  const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "s1", ...more }));
  assert(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken);
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

test("a session of a role may do what the role's policies allow, narrowed by its own", async (t) => {
  const sluice = await openServerFixture(t);
  const role = await newRole(sluice, "ops", { AWS: `arn:aws:iam::${accountId}:root` }, lists);
  const wide = await assume(sts(t, sluice), role);
  const narrow = await assume(sts(t, sluice), role, {
    Policy: document({ Effect: "Allow", Action: "codedeploy:ListApplications", Resource: "*" }),
  });
  const [wideClient, narrowClient] = [new CodeDeployClient(sluice.as(wide)), new CodeDeployClient(sluice.as(narrow))];
  t.after(() => [wideClient, narrowClient].forEach((client) => client.destroy()));

  const { Arn } = await sts(t, sluice, wide).send(new GetCallerIdentityCommand({}));
  await wideClient.send(new ListDeploymentConfigsCommand({}));
  await narrowClient.send(new ListApplicationsCommand({}));

  assert.equal(Arn, `arn:aws:sts::${accountId}:assumed-role/ops/s1`);
  await assert.rejects(narrowClient.send(new ListDeploymentConfigsCommand({})), {
    name: "AccessDeniedException",
    message: new RegExp(`^User: arn:aws:sts::${accountId}:assumed-role/ops/s1 is not authorized`),
  });
});

test("only those whom a role trusts can take it on, and trusting the account leaves it to their policies", async (t) => {
  const sluice = await openServerFixture(t);
  const toAccount = await newRole(sluice, "open", { AWS: `arn:aws:iam::${accountId}:root` }, everything);
  const toService = await newRole(sluice, "service", { Service: "ec2.amazonaws.com" }, everything);
  const ann = await newUser(sluice, "ann");
  const toAnn = await newRole(sluice, "of-ann", { AWS: `arn:aws:iam::${accountId}:user/ann` }, everything);
  const denied = { name: "AccessDenied", message: /is not authorized to perform: sts:AssumeRole on resource: / };

  await assume(sts(t, sluice, ann), toAnn);
  await assume(sts(t, sluice), toAccount);

  await assert.rejects(assume(sts(t, sluice, ann), toAccount), denied);
  await assert.rejects(assume(sts(t, sluice), toService), denied);
  await assert.rejects(assume(sts(t, sluice), `arn:aws:iam::${accountId}:role/none`), denied);
});

test("a service of the house takes on the roles that trust it, and may do nothing else", async (t) => {
  const sluice = await openServerFixture(t);
  const trusting = await newRole(sluice, "deploy", { Service: "codedeploy.amazonaws.com" }, everything);
  const other = await newRole(sluice, "web", { Service: "ec2.amazonaws.com" }, everything);
  const key = sluice.identities.issueForService("codedeploy.amazonaws.com");
  const client = new CodeDeployClient(sluice.as(key));
  t.after(() => client.destroy());

  const session = await assume(sts(t, sluice, key), trusting);

  const { Arn } = await sts(t, sluice, session).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, `arn:aws:sts::${accountId}:assumed-role/deploy/s1`);
  await assert.rejects(assume(sts(t, sluice, key), other), { name: "AccessDenied" });
  await assert.rejects(client.send(new ListApplicationsCommand({})), { name: "AccessDeniedException" });
});

test("a session ends, and without its token its key is no key", async (t) => {
  let now = Date.UTC(2026, 0, 1);
  const sluice = await openServerFixture(t, { clock: () => now });
  const at = (credentials?: Credentials) => {
    const client = new STSClient({ ...sluice.as(credentials), systemClockOffset: now - Date.now() });
    t.after(() => client.destroy());
    return client;
  };
  const { Credentials } = await at().send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
  assert(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken);
  const key = { accessKeyId: Credentials.AccessKeyId, secretAccessKey: Credentials.SecretAccessKey };
  const session = { ...key, sessionToken: Credentials.SessionToken };

  await at(session).send(new GetCallerIdentityCommand({}));

  await assert.rejects(at(key).send(new GetCallerIdentityCommand({})), { name: "InvalidClientTokenId" });
  await assert.rejects(at(session).send(new GetSessionTokenCommand({})), { name: "AccessDenied" });
  now += 901_000;
  await assert.rejects(at(session).send(new GetCallerIdentityCommand({})), {
    name: "ExpiredToken",
    message: "The security token included in the request is expired",
  });
});

test("a role's trust may ask for an external id, and its longest session is kept", async (t) => {
  const sluice = await openServerFixture(t);
  const iamRole = await newRole(sluice, "partner", { AWS: "*" }, lists);
  const conditioned = document({
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${accountId}:root` },
    Action: "sts:AssumeRole",
    Condition: { StringEquals: { "sts:ExternalId": "42" } },
  });
  const iam = new IAMClient(sluice.as());
  t.after(() => iam.destroy());
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "partner", PolicyDocument: conditioned }));

  await assume(sts(t, sluice), iamRole, { ExternalId: "42" });

  await assert.rejects(assume(sts(t, sluice), iamRole), { name: "AccessDenied" });
  await assert.rejects(assume(sts(t, sluice), iamRole, { ExternalId: "42", DurationSeconds: 7200 }), {
    message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
  });
});

test("a role's trust in a user ends with that user, and whoever gets the name is not trusted", async (t) => {
  const sluice = await openServerFixture(t);
  const first = await newUser(sluice, "ann");
  const role = await newRole(sluice, "of-ann", { AWS: `arn:aws:iam::${accountId}:user/ann` });
  await assume(sts(t, sluice, first), role);
  const iam = new IAMClient(sluice.as());
  t.after(() => iam.destroy());
  await iam.send(new DeleteAccessKeyCommand({ UserName: "ann", AccessKeyId: first.accessKeyId }));
  await iam.send(new DeleteUserCommand({ UserName: "ann" }));

  const second = await newUser(sluice, "ann");

  await assert.rejects(assume(sts(t, sluice, second), role), { name: "AccessDenied" });
});

test("who renames a user must be allowed to make the new name, too", async (t) => {
  const sluice = await openServerFixture(t);
  const guests = { Effect: "Allow", Action: "iam:*", Resource: `arn:aws:iam::${accountId}:user/guests/*` };
  const iam = new IAMClient(sluice.as(await newUser(sluice, "ann", guests)));
  t.after(() => iam.destroy());
  await iam.send(new CreateUserCommand({ UserName: "bob", Path: "/guests/" }));

  await iam.send(new UpdateUserCommand({ UserName: "bob", NewUserName: "eve" }));

  await assert.rejects(iam.send(new UpdateUserCommand({ UserName: "eve", NewPath: "/" })), {
    message: /iam:UpdateUser on resource: arn:aws:iam::\d+:user\/eve because/,
  });
});
