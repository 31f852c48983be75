import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { eventually } from "../support/eventually.ts";
import { call } from "./call.ts";
import {
  accountId,
  type Credentials,
  type ServerFixture,
  openServerFixture,
  region,
} from "../support/server-fixture.ts";
import { newRole, newUser } from "./principals.ts";

const serviceRoleArn = `arn:aws:iam::${accountId}:role/deploy`;

/** Creates a versioned bucket. Returns a function that puts an object and returns its version and ETag. */
async function bucket(t: TestContext, sluice: ServerFixture) {
  const s3 = new S3Client({ ...sluice.as(), forcePathStyle: true });
  t.after(() => s3.destroy());
  const Bucket = "vault";
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  return async (Key: string, Body: string) => {
    const { VersionId = "", ETag = "" } = await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    return { version: VersionId, eTag: ETag };
  };
}

/** Reads an object with a key. Returns the status, and the text or the error code. */
async function read(sluice: ServerFixture, credentials: Credentials, key: string, version?: string) {
  const url = new URL(
    `/vault/${key}${version === undefined ? "" : `?versionId=${encodeURIComponent(version)}`}`,
    sluice.url,
  );
  const headers = signHeaders({ method: "GET", url, headers: {}, body: "", credentials, region, service: "s3" });
  const response = await fetch(url, { headers });
  return `${response.status} ${response.ok ? await response.text() : (/<Code>(.*?)</.exec(await response.text())?.[1] ?? "")}`;
}

test("a host reads what its deployments bring, that version and that ETag, and nothing else", async (t) => {
  // The local cloud asks the control plane what deployments bring once it is connected.
  const sluice = await openServerFixture(t, { agentBundle: resolve(import.meta.dirname, "../fixtures/idle-agent.js") });
  const put = await bucket(t, sluice);
  const rule = (operation: string, input: object, service = "codedeploy") =>
    call(sluice, sluice.administrator, [service, operation], { ...input });
  await rule("RegisterOnPremisesInstance", {
    instanceName: "web-1",
    iamUserArn: `arn:aws:iam::${accountId}:user/web-1`,
  });
  await rule("AddTagsToOnPremisesInstances", { instanceNames: ["web-1"], tags: [{ Key: "Role", Value: "web" }] });
  const token = (await rule("CreateHostRegistration", { instanceName: "web-1" }, "sluice")).find("token") ?? "";
  const host = await sluice.identities.redeemRegistration(token);
  assert(host);
  await rule("CreateApplication", { applicationName: "shop" });
  const deploy = async (deploymentGroupName: string, s3Location: object) => {
    const place = { applicationName: "shop", deploymentGroupName };
    const onPremisesInstanceTagFilters = [{ Key: "Role", Value: "web", Type: "KEY_AND_VALUE" }];
    await rule("CreateDeploymentGroup", { ...place, serviceRoleArn, onPremisesInstanceTagFilters });
    const revision = { revisionType: "S3", s3Location: { bucket: "vault", bundleType: "zip", ...s3Location } };
    const { status, text } = await rule("CreateDeployment", { ...place, revision });
    assert.equal(status, 200, text);
  };
  const [old, latest] = [await put("versioned.zip", "first"), await put("versioned.zip", "second")];
  const tagged = await put("tagged.zip", "first");
  await put("plain.zip", "first");
  await put("secret", "hunter2");

  await deploy("versioned", { key: "versioned.zip", version: old.version });
  await deploy("tagged", { key: "tagged.zip", eTag: tagged.eTag });
  await deploy("plain", { key: "plain.zip" });
  for (const [key, version] of [["versioned.zip", old.version], ["tagged.zip"], ["plain.zip"]] as const)
    await eventually(`the host may read ${key}`, async () =>
      (await read(sluice, host, key, version)) === "200 first" ? true : undefined,
    );

  assert.equal(await read(sluice, host, "versioned.zip"), "403 AccessDenied");
  assert.equal(await read(sluice, host, "versioned.zip", latest.version), "403 AccessDenied");
  assert.equal(await read(sluice, host, "tagged.zip", tagged.version), "403 AccessDenied");
  assert.equal(await read(sluice, host, "secret"), "403 AccessDenied");
  await put("tagged.zip", "second");
  await put("plain.zip", "second");
  assert.equal(await read(sluice, host, "tagged.zip"), "412 PreconditionFailed");
  assert.equal(await read(sluice, host, "plain.zip"), "200 second");

  // What is on its way to a host is not for another one that is registered under its ARN meanwhile.
  await rule("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  const thief = { instanceName: "thief", iamUserArn: `arn:aws:iam::${accountId}:user/web-1` };
  assert.match((await rule("RegisterOnPremisesInstance", thief)).text, /IamUserArnAlreadyRegistered.*is under way/);
});

test("who may deploy cannot deploy what only others may read, nor run it as a function", async (t) => {
  const sluice = await openServerFixture(t);
  await (
    await bucket(t, sluice)
  )("secret", "hunter2");
  await call(sluice, sluice.administrator, ["codedeploy", "CreateApplication"], { applicationName: "shop" });
  const place = { applicationName: "shop", deploymentGroupName: "web" };
  await call(sluice, sluice.administrator, ["codedeploy", "CreateDeploymentGroup"], { ...place, serviceRoleArn });
  const Role = await newRole(sluice, "run", { Service: "lambda.amazonaws.com" });
  const may = ["codedeploy:*", "lambda:*", "iam:PassRole"];
  const ann = await newUser(sluice, "ann", { Effect: "Allow", Action: may, Resource: "*" });
  const lambda = new LambdaClient(sluice.as(ann));
  t.after(() => lambda.destroy());
  const refusal = /is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::vault\/secret because/;
  const revision = { revisionType: "S3", s3Location: { bucket: "vault", key: "secret", bundleType: "zip" } };

  for (const operation of ["RegisterApplicationRevision", "CreateDeployment"])
    assert.match((await call(sluice, ann, ["codedeploy", operation], { ...place, revision })).text, refusal);
  await assert.rejects(
    lambda.send(
      new CreateFunctionCommand({
        FunctionName: "f",
        Role,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { S3Bucket: "vault", S3Key: "secret" },
      }),
    ),
    { message: refusal },
  );
});
