import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  CodeDeployClient,
  DeregisterOnPremisesInstanceCommand,
  GetOnPremisesInstanceCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { GetUserCommand, IAMClient, ListAccessKeysCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { whyMissing } from "../support/why-missing.ts";
import {
  accountId,
  type Credentials,
  type ServerFixture,
  openServerFixture,
  region,
} from "../support/server-fixture.ts";
import { newRole, newUser } from "./principals.ts";

const skip = await whyMissing("aws");
const userArn = (name: string) => `arn:aws:iam::${accountId}:user/${name}`;

/** Polls for a host with a key, and hangs up when the poll is held. Returns the status, or "held". */
async function poll(
  sluice: ServerFixture,
  credentials: Credentials,
  host: string,
  milliseconds = 700,
): Promise<number | "held"> {
  const url = new URL(sluice.url);
  const body = JSON.stringify({ HostIdentifier: host });
  const headers = signHeaders({
    method: "POST",
    url,
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "CodeDeployCommandService_v20141006.PollHostCommand",
    },
    body,
    credentials,
    region,
    service: "codedeploy-commands",
  });
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(milliseconds) });
    return response.status;
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") return "held";
    throw error;
  }
}

function codedeploy(t: TestContext, sluice: ServerFixture): CodeDeployClient {
  const client = new CodeDeployClient(sluice.as());
  t.after(() => client.destroy());
  return client;
}

test("the key of a registered user polls for its own instance alone, and for none once that is deregistered", async (t) => {
  const sluice = await openServerFixture(t);
  const client = codedeploy(t, sluice);
  const everything = { Effect: "Allow", Action: "*", Resource: "*" };
  const [one, two] = [await newUser(sluice, "one"), await newUser(sluice, "two", everything)];
  for (const name of ["one", "two"])
    await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn: userArn(name) }));

  assert.equal(await poll(sluice, one, userArn("one")), "held");
  assert.equal(await poll(sluice, one, userArn("two")), 400);
  assert.equal(await poll(sluice, two, userArn("one")), 400);
  await client.send(new DeregisterOnPremisesInstanceCommand({ instanceName: "one" }));
  assert.equal(await poll(sluice, one, userArn("one")), 400);
});

test("a session that is registered polls for its own instance alone", async (t) => {
  const sluice = await openServerFixture(t);
  const client = codedeploy(t, sluice);
  const RoleArn = await newRole(sluice, "hosts", { AWS: `arn:aws:iam::${accountId}:root` });
  const sts = new STSClient(sluice.as());
  t.after(() => sts.destroy());
  const session = async (RoleSessionName: string) => {
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }));
    assert(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken);
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials;
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  };
  const arn = (name: string) => `arn:aws:sts::${accountId}:assumed-role/hosts/${name}`;
  await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: "db-1", iamSessionArn: arn("db-1") }));

  assert.equal(await poll(sluice, await session("db-1"), arn("db-1")), "held");
  assert.equal(await poll(sluice, await session("db-2"), arn("db-1")), 400);
  assert.equal(await poll(sluice, await session("db-2"), arn("db-2")), 400);
});

test("another instance's key is refused, whatever the policies of its role say", async (t) => {
  const sluice = await openServerFixture(t);
  await newRole(sluice, "web", { Service: "ec2.amazonaws.com" }, { Effect: "Allow", Action: "*", Resource: "*" });
  const host = (id: string) => `arn:aws:ec2:${region}:${accountId}:instance/${id}`;
  const key = await sluice.identities.issueForHost(host("i-1"), `arn:aws:sts::${accountId}:assumed-role/web/i-1`);

  assert.equal(await poll(sluice, key, host("i-1")), "held");
  assert.equal(await poll(sluice, key, host("i-2")), 400);
});

test("aws deploy register and deregister run unmodified", { skip }, async (t) => {
  const sluice = await openServerFixture(t);
  const client = codedeploy(t, sluice);
  const iam = new IAMClient(sluice.as());
  t.after(() => iam.destroy());
  const cwd = sluice.dataFolder;

  const registered = await sluice.aws(
    ["deploy", "register", "--instance-name", "db-1", "--tags", "Key=Name,Value=db", "--region", region],
    { cwd },
  );

  assert.equal(registered.stderr, "");
  assert.match(registered.stdout, /Registering the on-premises instance\.\.\. DONE/);
  assert.match(registered.stdout, /Adding tags to the on-premises instance\.\.\. DONE/);
  const file = join(cwd, "codedeploy.onpremises.yml");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const value = (key: string) => new RegExp(`^${key}: (\\S+)$`, "m").exec(readFileSync(file, "utf8"))?.[1] ?? "";
  const arn = value("iam_user_arn");
  assert.equal(arn, userArn("AWS/CodeDeploy/db-1"));
  const key = { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") };
  assert.equal(await poll(sluice, key, arn), "held");
  const { instanceInfo } = await client.send(new GetOnPremisesInstanceCommand({ instanceName: "db-1" }));
  assert.deepEqual(instanceInfo?.tags, [{ Key: "Name", Value: "db" }]);

  const deregistered = await sluice.aws(["deploy", "deregister", "--instance-name", "db-1", "--region", region], {
    cwd,
  });

  assert.equal(deregistered.stderr, "");
  assert.match(deregistered.stdout, /Deleting the IAM user \(db-1\)\.\.\. DONE/);
  await assert.rejects(iam.send(new GetUserCommand({ UserName: "db-1" })), { name: "NoSuchEntityException" });
  await assert.rejects(iam.send(new ListAccessKeysCommand({ UserName: "db-1" })), { name: "NoSuchEntityException" });
  assert.equal(await poll(sluice, key, arn), 400);
});
