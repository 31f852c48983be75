import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  GetDeploymentConfigCommand,
  PutLifecycleEventHookExecutionStatusCommand,
  StopDeploymentCommand,
  TagResourceCommand,
} from "@aws-sdk/client-codedeploy";
import { UpdateAliasCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { zip } from "../../packages/cloud/test/lambda/lambda-fixture.ts";
import { eventually } from "../support/eventually.ts";
import { openServerFixture } from "../support/server-fixture.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { answering, appSpec, LambdaDeploymentFixture, shift } from "../support/lambda-deployment-fixture.ts";

test("an alias goes from version to version, from inline text, a bucket and the deprecated string", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t);
  const s3 = new S3Client({ ...(await sluice.connect()), forcePathStyle: true });
  t.after(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: "revisions" }));
  await s3.send(new PutObjectCommand({ Bucket: "revisions", Key: "spec.json", Body: appSpec("2", "3") }));

  const inline = await sluice.begin(shift("1", "2"));
  const first = await sluice.ended(inline);
  const fromBucket = await sluice.ended(
    await sluice.begin({
      revisionType: "S3",
      s3Location: { bucket: "revisions", key: "spec.json", bundleType: "JSON" },
    }),
  );
  const fromString = await sluice.ended(
    await sluice.begin({ revisionType: "String", string: { content: appSpec("3", "1") } }),
  );

  assert.deepEqual(
    [first, fromBucket, fromString].map(({ status, errorInformation }) => [status, errorInformation?.message]),
    [
      ["Succeeded", undefined],
      ["Succeeded", undefined],
      ["Succeeded", undefined],
    ],
  );
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
  const target = await sluice.target(inline);
  assert.deepEqual(target?.lambdaFunctionInfo, {
    functionName: "f",
    functionAlias: "live",
    currentVersion: "1",
    targetVersion: "2",
    targetVersionWeight: 100,
  });
  assert.deepEqual(
    target?.lifecycleEvents?.map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`),
    ["BeforeAllowTraffic Succeeded", "AllowTraffic Succeeded", "AfterAllowTraffic Succeeded"],
  );
});

test("a scale of time shortens a canary's interval, and nothing that is told of it", async (t) => {
  const deploymentConfigName = "CodeDeployDefault.LambdaCanary10Percent5Minutes";
  const scaled = new SluiceProcess(t, ["--no-example", "--time-scale", "300"]);
  const sluice = await LambdaDeploymentFixture.open(t, { deploymentConfigName }, scaled);
  const begun = Date.now();

  const { status } = await sluice.ended(await sluice.begin(shift("1", "2")));

  assert.equal(status, "Succeeded");
  const took = Date.now() - begun;
  assert(took >= 1_000 && took < 120_000, `five minutes took ${took} ms`);
  const { deploymentConfigInfo } = await sluice.deploy.send(new GetDeploymentConfigCommand({ deploymentConfigName }));
  assert.equal(deploymentConfigInfo?.trafficRoutingConfig?.timeBasedCanary?.canaryInterval, 5);
});

test("an AppSpec file may lie in an archive, where it is the only one", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t);
  const s3 = new S3Client({ ...(await sluice.connect()), forcePathStyle: true });
  t.after(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: "revisions" }));
  const spec = (from: string, to: string) => ({ name: "appspec.yaml", content: appSpec(from, to) });
  const begin = async (bundleType: "zip" | "tgz", Body: Buffer) => {
    await s3.send(new PutObjectCommand({ Bucket: "revisions", Key: "bundle", Body }));
    return sluice.begin({ revisionType: "S3", s3Location: { bucket: "revisions", key: "bundle", bundleType } });
  };
  const ends = async (bundleType: "zip" | "tgz", body: Buffer) => {
    const { status, errorInformation: error } = await sluice.ended(await begin(bundleType, body));
    return error === undefined ? status : `${error.code}: ${error.message}`;
  };

  const zipped = await ends("zip", zip([spec("1", "2"), { name: "src/appspec.yml", content: "not this one" }]));
  const tarred = await ends("tgz", gzipSync(tar("./release.yml", appSpec("2", "3"))));
  const refused = [
    await ends("zip", zip([spec("3", "1"), { name: "appspec.yml", content: "x" }])),
    await ends(
      "zip",
      zip([
        { name: "a", content: "x" },
        { name: "b", content: "x" },
      ]),
    ),
    await ends("zip", zip([{ name: "appspec.yml", content: Buffer.alloc(2 * 1024 * 1024) }])),
    await ends("zip", Buffer.from("no zip")),
    await ends("tgz", Buffer.from("no tgz")),
    await ends("tgz", gzipSync(Buffer.alloc(32 * 1024 * 1024))),
  ];

  assert.deepEqual([zipped, tarred], ["Succeeded", "Succeeded"]);
  const wanted = [
    /holds more than one AppSpec file: appspec\.yaml, appspec\.yml$/,
    /holds 2 files, and none of them is an appspec\.yaml/,
    /holds the file "appspec\.yml", which has more than 1048576 bytes/,
    /is no zip that can be read/,
    /is no tgz that can be read/,
    /is no tgz that can be read/,
  ];
  for (const [index, pattern] of wanted.entries()) {
    assert.match(refused[index] ?? "", pattern);
    assert.match(refused[index] ?? "", /^INVALID_REVISION: The revision s3:\/\/revisions\/bundle /);
  }
  assert.deepEqual(await sluice.alias(), { version: "3", weights: undefined });
});

/** A tar archive of one file. */
function tar(name: string, text: string): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write("0000644\0", 100);
  head.write(`${Buffer.byteLength(text).toString(8).padStart(11, "0")}\0`, 124);
  head.write(" ".repeat(8), 148);
  head.write("0", 156);
  head.write("ustar\0", 257);
  head.write("00", 263);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const content = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
  content.write(text);
  return Buffer.concat([head, content, Buffer.alloc(1024)]);
}

test("what cannot work is told exactly, when the deployment is created or before anything moves", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t);
  const message = async (id: string) => (await sluice.ended(id)).errorInformation?.message ?? "";

  await assert.rejects(
    sluice.begin({
      revisionType: "AppSpecContent",
      appSpecContent: { content: "version: 0.0\nResources:\n  - f: {Type: x}\n" },
    }),
    {
      name: "InvalidRevisionException",
      message: /Type is "x" \(AppSpec line 3/,
    },
  );
  assert.match(
    await message(await sluice.begin(shift("1", "1", { alias: "lvie" }))),
    /no alias "lvie"; did you mean "live"/,
  );
  assert.match(await message(await sluice.begin(shift("1", "9"))), /no version 9/);
  assert.match(await message(await sluice.begin(shift("2", "3"))), /is on version 1, and CurrentVersion is 2/);
  assert.match(await message(await sluice.begin(shift("1", "1"))), /both 1: there is nothing to shift/);
  const hooks = [{ BeforeAllowTraffic: "nobody" }];
  assert.match(await message(await sluice.begin(shift("1", "2", { hooks }))), /"nobody", which does not exist/);
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
});

test("hooks decide: one that says yes, one that says no, one that crashes", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t);
  await sluice.addFunction("yes", answering("Succeeded"));
  await sluice.addFunction("no", answering("Failed"));
  await sluice.addFunction("crash", `export const handler = () => { throw new Error("boom"); };`);
  const withHook = async (hook: string) => {
    const id = await sluice.begin(shift("1", "2", { hooks: [{ BeforeAllowTraffic: hook }] }));
    return { id, ...(await sluice.ended(id)) };
  };

  const [no, crash] = [await withHook("no"), await withHook("crash")];
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
  const yes = await withHook("yes");

  assert.deepEqual(
    [no, crash, yes].map(({ status }) => status),
    ["Failed", "Failed", "Succeeded"],
  );
  assert.deepEqual(no.errorInformation?.code, "HOOK_EXECUTION_FAILURE");
  assert.match(crash.errorInformation?.message ?? "", /crash failed: .*boom/);
  assert.deepEqual(await sluice.alias(), { version: "2", weights: undefined });
  await assert.rejects(
    sluice.deploy.send(
      new PutLifecycleEventHookExecutionStatusCommand({
        deploymentId: yes.id,
        status: "Succeeded",
        lifecycleEventHookExecutionId: `${yes.id}/f/BeforeAllowTraffic`,
      }),
    ),
    { name: "InvalidLifecycleEventHookExecutionIdException" },
  );
});

test("a stop in the middle leaves the alias weighted; the next deployment says so, or adopts it", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t);
  const canary = await sluice.begin(shift("1", "2"), "canary");
  await sluice.weighted({ "2": 0.2 });
  // The alias moves first, and what it was is written down after that.
  await eventually("does the target show what has moved?", async () =>
    (await sluice.target(canary))?.lambdaFunctionInfo?.targetVersionWeight === 20 ? true : undefined,
  );

  await sluice.deploy.send(new StopDeploymentCommand({ deploymentId: canary }));
  const stopped = await sluice.ended(canary);
  const refused = await sluice.ended(await sluice.begin(shift("1", "3")));
  await sluice.deploy.send(
    new TagResourceCommand({
      ResourceArn: "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:app/fn",
      Tags: [{ Key: "sluice:weighted-alias", Value: "adopt" }],
    }),
  );
  const adopted = await sluice.ended(await sluice.begin(shift("1", "3")));

  assert.equal(stopped.status, "Stopped");
  assert.match(
    refused.errorInformation?.message ?? "",
    /on version 1, with 20 % of the traffic on version 2.*aws lambda update-alias --function-name f --name live/,
  );
  assert.equal(adopted.status, "Succeeded");
  assert.deepEqual(await sluice.alias(), { version: "3", weights: undefined });
});

test("a foreign change of the alias is noticed at the next step, and not overwritten", async (t) => {
  let skew = 0;
  const fixture = await openServerFixture(t, {
    clock: () => Date.now() + skew,
    agentBundle: resolve(import.meta.dirname, "../fixtures/idle-agent.js"),
  });
  const sluice = await LambdaDeploymentFixture.within(t, { options: async () => fixture.as() });
  const id = await sluice.begin(shift("1", "2"), "canary");
  await sluice.weighted({ "2": 0.2 });

  await sluice.lambda.send(
    new UpdateAliasCommand({
      FunctionName: "f",
      Name: "live",
      FunctionVersion: "3",
      RoutingConfig: { AdditionalVersionWeights: {} },
    }),
  );
  skew = 60_000; // the next step is due a minute after the first
  const { status, errorInformation } = await sluice.ended(id);

  assert.equal(status, "Failed");
  assert.match(
    errorInformation?.message ?? "",
    /changed by somebody else while its traffic moved: it is now on version 3/,
  );
  assert.deepEqual(await sluice.alias(), { version: "3", weights: undefined });
});
