import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  ListVersionsByFunctionCommand,
  type PreconditionFailedException,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { eventually } from "../../../../test/support/eventually.ts";
import { LambdaFixture, node, request, role, zip } from "./lambda-fixture.ts";

const says = (text: string) => node(`export const handler = () => ${JSON.stringify(text)};`);
const base = { FunctionName: "f", Role: role, Runtime: "nodejs22.x", Handler: "index.handler" } as const;

async function call({ lambda }: LambdaFixture, qualifier: string): Promise<string> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "f", Qualifier: qualifier }));
  return JSON.parse(Buffer.from(Payload ?? []).toString("utf8")) as string;
}

async function twoVersions(fixture: LambdaFixture): Promise<void> {
  const { lambda } = fixture;
  await lambda.send(new CreateFunctionCommand({ ...base, Code: { ZipFile: says("one") } }));
  await lambda.send(new PublishVersionCommand({ FunctionName: "f" }));
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile: says("two") }));
  await lambda.send(new PublishVersionCommand({ FunctionName: "f" }));
}

test("a published version stays what it was, and an alias leads to it", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  await twoVersions(fixture);
  await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile: says("three") }));
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 5 }, { FunctionName: "f" });

  const said = [
    await call(fixture, "1"),
    await call(fixture, "2"),
    await call(fixture, "$LATEST"),
    await call(fixture, "live"),
  ];

  assert.deepEqual(said, ["one", "two", "three", "one"]);
});

test("publishing what has not changed gives the same version again", async (t) => {
  const { lambda } = await LambdaFixture.open(t);
  await lambda.send(new CreateFunctionCommand({ ...base, Code: { ZipFile: says("one") }, Publish: true }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 5 }, { FunctionName: "f" });

  const again = await lambda.send(new PublishVersionCommand({ FunctionName: "f" }));
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: "f", Environment: { Variables: { AB: "1" } } }),
  );
  const changed = await lambda.send(new PublishVersionCommand({ FunctionName: "f" }));
  const list = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: "f" }));

  assert.deepEqual([again.Version, changed.Version], ["1", "2"]);
  assert.deepEqual(
    list.Versions?.map(({ Version }) => Version),
    ["$LATEST", "1", "2"],
  );
});

test("an alias changes only for who knows its present revision", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  await twoVersions(fixture);
  const created = await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));
  const update = { FunctionName: "f", Name: "live", RevisionId: created.RevisionId };
  const weights = { AdditionalVersionWeights: { "2": 0.25 } };

  const first = await lambda.send(new UpdateAliasCommand({ ...update, RoutingConfig: weights }));
  const second = lambda.send(new UpdateAliasCommand({ ...update, FunctionVersion: "2" }));

  await assert.rejects(second, (error: PreconditionFailedException) => error.$metadata.httpStatusCode === 412);
  const found = await lambda.send(new GetAliasCommand({ FunctionName: "f", Name: "live" }));
  assert.equal(found.RevisionId, first.RevisionId);
  assert.deepEqual([found.FunctionVersion, found.RoutingConfig], ["1", weights]);
});

test("a weight of 0.1 gets a tenth of the calls", async (t) => {
  const fixture = await LambdaFixture.open(t);
  let drawn = 0;
  fixture.chance = () => (drawn++ * 0.618_034) % 1; // spread over all of 0 to 1, and the same in every run
  await twoVersions(fixture);
  const weights = { AdditionalVersionWeights: { "2": 0.1 } };
  const alias = { FunctionName: "f", Name: "live", FunctionVersion: "1", RoutingConfig: weights };
  await fixture.lambda.send(new CreateAliasCommand(alias));

  const said: string[] = [];
  for (let batch = 0; batch < 50; batch += 1)
    said.push(...(await Promise.all([1, 2, 3, 4].map(() => call(fixture, "live")))));

  const share = said.filter((one) => one === "two").length / said.length;
  assert(share >= 0.09 && share <= 0.11, `its share was ${share}`);
});

test("an alias's versions are checked before it changes", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  await twoVersions(fixture);
  const create = (FunctionVersion: string, weights: Record<string, number>) =>
    lambda.send(
      new CreateAliasCommand({
        ...{ FunctionName: "f", Name: "live", FunctionVersion },
        RoutingConfig: { AdditionalVersionWeights: weights },
      }),
    );

  await assert.rejects(create("9", {}), { name: "ResourceNotFoundException" });
  await assert.rejects(create("1", { "9": 0.1 }), { name: "ResourceNotFoundException" });
  await assert.rejects(create("1", { "1": 0.1 }), /already included/);
  await assert.rejects(create("$LATEST", { "1": 0.1 }), /LATEST is not supported/);
  await assert.rejects(create("1", { "2": 1.5 }), /from 0 to 1/);
});

test("a version that an alias leads to cannot be deleted", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  await twoVersions(fixture);
  await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));

  await assert.rejects(lambda.send(new DeleteFunctionCommand({ FunctionName: "f", Qualifier: "1" })), /live/);
  await lambda.send(new DeleteFunctionCommand({ FunctionName: "f", Qualifier: "2" }));

  await assert.rejects(call(fixture, "2"), { name: "ResourceNotFoundException" });
  assert.equal(await call(fixture, "1"), "one");
});

test("functions, versions and aliases are there after a restart", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await twoVersions(fixture);
  await fixture.lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));

  await fixture.close();
  await fixture.open();

  assert.deepEqual([await call(fixture, "live"), await call(fixture, "2")], ["one", "two"]);
});

test("code comes from a bucket, and can be downloaded again", async (t) => {
  const { lambda, s3 } = await LambdaFixture.open(t);
  const archive = says("bucket");
  await s3.send(new CreateBucketCommand({ Bucket: "code" }));
  await s3.send(new PutObjectCommand({ Bucket: "code", Key: "f.zip", Body: archive }));

  await lambda.send(new CreateFunctionCommand({ ...base, Code: { S3Bucket: "code", S3Key: "f.zip" } }));
  const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: "f" }));
  const missing = () =>
    lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", S3Bucket: "code", S3Key: "no" }));

  const { status, body } = await request(Code?.Location ?? "");
  assert.equal(status, 200);
  assert.deepEqual(body, archive);
  await assert.rejects(missing(), /NoSuchKey/);
});

test("a link to code is for that code, for ten minutes, and for whoever was given it", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  await lambda.send(new CreateFunctionCommand({ ...base, Code: { ZipFile: says("one") } }));
  const { Code, Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: "f" }));
  const link = new URL(Code?.Location ?? "");
  const statusWith = async (change: (url: URL) => void) => {
    const changed = new URL(link);
    change(changed);
    return (await request(changed.href)).status;
  };
  const other = Buffer.from(Configuration?.CodeSha256 ?? "", "base64")
    .toString("hex")
    .replace(/^./, (one) => (one === "0" ? "1" : "0"));

  const statuses = [
    await statusWith(() => {}),
    await statusWith((url) => (url.search = "")),
    await statusWith((url) => url.searchParams.set("expires", String(Date.now() + 3_600_000))),
    await statusWith((url) => url.searchParams.set("signature", "0".repeat(64))),
    await statusWith((url) => url.searchParams.delete("signature")),
    await statusWith((url) => (url.pathname = `/${other}.zip`)),
  ];
  fixture.ahead = 9 * 60_000;
  statuses.push(await statusWith(() => {}));
  fixture.ahead = 11 * 60_000;
  statuses.push(await statusWith(() => {}));

  assert.deepEqual(statuses, [200, 403, 403, 403, 403, 403, 200, 403]);
});

test("what runs functions in the place of AWS's runtimes is said once a runtime", async (t) => {
  const fixture = await LambdaFixture.open(t);

  for (const [index, Runtime] of (["nodejs20.x", "nodejs22.x", "nodejs22.x"] as const).entries())
    await fixture.lambda.send(
      new CreateFunctionCommand({ ...base, FunctionName: `f${index}`, Runtime, Code: { ZipFile: says("one") } }),
    );

  assert.deepEqual(fixture.notes, [
    `Functions that ask for nodejs20.x run on this machine's nodejs ${process.versions.node}`,
    `Functions that ask for nodejs22.x run on this machine's nodejs ${process.versions.node}`,
  ]);
});

test("archives that would leave the function's folder are refused, each by its entry's name", async (t) => {
  const { lambda } = await LambdaFixture.open(t);
  const create = (entries: Parameters<typeof zip>[0]) =>
    lambda.send(new CreateFunctionCommand({ ...base, Code: { ZipFile: zip(entries) } }));
  const bad = { name: "InvalidParameterValueException" };

  await assert.rejects(create([{ name: "../out", content: "x" }]), bad);
  await assert.rejects(create([{ name: "/etc/out", content: "x" }]), bad);
  await assert.rejects(create([{ name: "link", content: "/etc", mode: 0o120777 }]), /link.*leaves/);
  await assert.rejects(create([{ name: "a/link", content: "../../x", mode: 0o120777 }]), /leaves/);
  await assert.rejects(create([{ name: "dev", content: "", mode: 0o060666 }]), /neither a file/);
  await assert.rejects(
    create([
      { name: "d", content: ".", mode: 0o120777 },
      { name: "d/x", content: "x" },
    ]),
    bad,
  );
  await assert.rejects(create([{ name: "zeros", content: Buffer.alloc(270 * 2 ** 20) }]), /Unzipped size.*zeros/);
  await assert.rejects(
    lambda.send(new CreateFunctionCommand({ ...base, Code: { ZipFile: Buffer.from("no zip") } })),
    /unzip/,
  );
});

test("what this machine cannot run is told when it is asked for", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const create = (more: object) =>
    fixture.lambda.send(new CreateFunctionCommand({ ...base, Code: { ZipFile: says("x") }, ...more }));

  await assert.rejects(create({ Runtime: "dotnet8" }), /"dotnet8" cannot be run here\. This machine runs: .*nodejs/);
  await assert.rejects(create({ Layers: ["arn:aws:lambda:x:1:layer:y:1"] }), /does not serve layers/);
  await assert.rejects(create({ Environment: { Variables: { AWS_REGION: "x" } } }), /reserved keys.*AWS_REGION/);
  await assert.rejects(create({ Timeout: 901 }), /901.*900/);
  await create({ Runtime: "nodejs18.x" });
  assert(fixture.notes.some((note) => /ask for nodejs18\.x run on this machine's nodejs/.test(note)));
});

test("provisioned processes are ready before the first call, and follow the alias", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  await twoVersions(fixture);
  await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));
  const place = { FunctionName: "f", Qualifier: "live" };

  const put = await lambda.send(
    new PutProvisionedConcurrencyConfigCommand({ ...place, ProvisionedConcurrentExecutions: 2 }),
  );
  const status = async () => (await lambda.send(new GetProvisionedConcurrencyConfigCommand(place))).Status;
  const isReady = async () => ((await status()) === "READY" ? true : undefined);
  await eventually("are two processes ready?", isReady);
  await lambda.send(new UpdateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "2" }));
  const afterUpdate = await status();
  await eventually("are the other version's ready?", isReady);

  assert.equal(put.Status, "IN_PROGRESS");
  assert.equal(afterUpdate, "IN_PROGRESS");
  assert.equal(await call(fixture, "live"), "two");
});
