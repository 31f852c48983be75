import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { whyMissing } from "../support/why-missing.ts";
import { openServerFixture } from "../support/server-fixture.ts";

const skip = await whyMissing("aws");

async function openShell(t: TestContext) {
  const sluice = await openServerFixture(t);
  const aws = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await sluice.aws(words, { cwd: sluice.dataFolder });
    assert.equal(code, 0, `aws ${words.join(" ")}\n${stderr}`);
    return stdout;
  };
  const fails = async (...words: readonly string[]) =>
    (await sluice.aws(words, { cwd: sluice.dataFolder })).stderr.trim();
  return { ...sluice, run: sluice.aws, aws, fails };
}

test("aws s3 makes buckets, copies files small and large, lists, links and removes", { skip }, async (t) => {
  const { aws, fails, dataFolder } = await openShell(t);
  const at = (name: string) => join(dataFolder, name);
  writeFileSync(at("small.txt"), "hello");
  writeFileSync(at("large.bin"), Buffer.alloc(20_000_000, "large"));
  mkdirSync(at("tree/deep"), { recursive: true });
  writeFileSync(at("tree/deep/ü +.txt"), "deep");

  assert.equal(await aws("s3", "mb", "s3://shelf"), "make_bucket: shelf");
  await aws("s3", "cp", "small.txt", "s3://shelf/dir/small.txt");
  await aws("s3", "cp", "large.bin", "s3://shelf/large.bin");
  await aws("s3", "cp", "s3://shelf/large.bin", "s3://shelf/copied.bin");
  await aws("s3", "cp", "s3://shelf/copied.bin", "back.bin");
  await aws("s3", "sync", "tree", "s3://shelf/tree");

  assert.equal(readFileSync(at("back.bin")).compare(readFileSync(at("large.bin"))), 0);
  assert.match(
    await aws("s3", "ls", "s3://shelf"),
    /PRE dir\/\n\s+PRE tree\/\n.*20000000 copied\.bin\n.*20000000 large\.bin/,
  );
  assert.match(await aws("s3", "ls", "s3://shelf/", "--recursive"), /4 tree\/deep\/ü \+\.txt/);
  assert.match(await fails("s3", "rb", "s3://shelf"), /\(BucketNotEmpty\)/);
  assert.match(await fails("s3", "cp", "s3://shelf/absent", "-"), /\(404\).*HeadObject|Not Found/);
  await aws("s3", "rm", "s3://shelf", "--recursive");
  await aws("s3", "rb", "s3://shelf");
  assert.equal(await aws("s3", "ls"), "");
});

test("links that the CLI makes, of both versions, open what they name and nothing else", { skip }, async (t) => {
  const { aws, dataFolder, url } = await openShell(t);
  writeFileSync(join(dataFolder, "file"), "linked");
  await aws("s3", "mb", "s3://shelf");
  await aws("s3", "cp", "file", "s3://shelf/a folder/k+ü");

  // The CLI makes links of the older form in S3's older regions.
  const link = await aws("s3", "presign", "s3://shelf/a folder/k+ü", "--expires-in", "60", "--region", "eu-central-1");
  const oldLink = await aws("s3", "presign", "s3://shelf/a folder/k+ü", "--region", "us-east-1");

  for (const one of [link, oldLink]) {
    assert.equal(await (await fetch(one)).text(), "linked");
    assert.equal((await fetch(one, { method: "PUT", body: "other" })).status, 403);
    assert.match(await (await fetch(one.replace("folder", "holder"))).text(), /<Code>SignatureDoesNotMatch</);
  }
  assert.match(link, /X-Amz-Signature=/);
  assert.match(oldLink, /[?&]Signature=/);
  assert.match(
    await (await fetch(`${url}/shelf/a%20folder/k%2B%C3%BC`, { headers: { "x-amz-date": "x" } })).text(),
    /<Code>AccessDenied</,
  );
});

test("each protocol's errors are read by the CLI, code and message", { skip }, async (t) => {
  const { fails, aws, administrator, run } = await openShell(t);
  const stranger = { accessKeyId: "AKIDSTRANGER", secretAccessKey: "x" };
  const wrong = { ...administrator, secretAccessKey: "x" };
  const refused = async (words: string, as: typeof stranger) => (await run(words.split(" "), { as })).stderr;

  assert.match(await aws("sts", "get-caller-identity", "--query", "Account", "--output", "text"), /^\d{12}$/);
  assert.equal(await aws("ec2", "describe-instances", "--query", "Reservations"), "[]");
  assert.equal(await aws("deploy", "list-applications", "--query", "applications"), "[]");
  assert.match(
    await fails("deploy", "get-application", "--application-name", "absent"),
    /\(ApplicationDoesNotExistException\) when calling the GetApplication operation: \S/,
  );
  assert.match(
    await fails("ec2", "describe-instances", "--instance-ids", "i-0123456789abcdef0"),
    /\(InvalidInstanceID\.NotFound\) when/,
  );
  assert.match(await fails("iam", "get-role", "--role-name", "absent"), /\(NoSuchEntity\) when/);
  assert.match(await fails("s3api", "get-object", "--bucket", "absent", "--key", "k", "out"), /\(NoSuchBucket\) when/);
  assert.match(await refused("deploy list-applications", stranger), /\(UnrecognizedClientException\)/);
  assert.match(await refused("deploy list-applications", wrong), /\(InvalidSignatureException\)/);
  assert.match(await refused("sts get-caller-identity", stranger), /\(InvalidClientTokenId\)/);
  assert.match(await refused("sts get-caller-identity", wrong), /\(SignatureDoesNotMatch\)/);
  assert.match(await refused("ec2 describe-instances", wrong), /\(AuthFailure\)/);
  assert.match(await refused("s3api list-buckets", stranger), /\(InvalidAccessKeyId\)/);
  assert.match(await refused("s3api list-buckets", wrong), /\(SignatureDoesNotMatch\)/);
  assert.match(
    await fails("deploy", "list-applications", "--no-sign-request"),
    /\(MissingAuthenticationTokenException\)/,
  );
  assert.match(await fails("ec2", "describe-instances", "--no-sign-request"), /\(MissingAuthenticationToken\)/);
  assert.match(await fails("s3api", "list-buckets", "--no-sign-request"), /\(AccessDenied\)/);
});

test("aws deploy push uploads a revision in parts", { skip }, async (t) => {
  const { aws, dataFolder } = await openShell(t);
  const source = join(dataFolder, "source");
  mkdirSync(source);
  writeFileSync(join(source, "appspec.yml"), "version: 0.0\nos: linux\n");
  const noise = Buffer.alloc(15_000_000);
  for (let index = 0; index < noise.length; index += 4) noise.writeUInt32LE((index * 2_654_435_761) >>> 0, index);
  writeFileSync(join(source, "noise"), noise);
  await aws("s3", "mb", "s3://shelf");
  await aws("deploy", "create-application", "--application-name", "shop");

  const pushed = await aws(
    "deploy",
    "push",
    "--application-name",
    "shop",
    "--source",
    source,
    "--s3-location",
    "s3://shelf/shop.zip",
  );

  const tag = /eTag=([0-9a-f]{32}(?:-\d+)?)/.exec(pushed)?.[1];
  assert(tag, pushed);
  assert.match(await aws("s3api", "head-object", "--bucket", "shelf", "--key", "shop.zip"), new RegExp(tag));
});
