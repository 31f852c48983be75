import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  GetApplicationCommand,
  ListApplicationsCommand,
} from "@aws-sdk/client-codedeploy";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { digestOf } from "../../packages/cloud/src/service/ecr/digest.ts";
import { passwordFor, registryClient } from "../../packages/cloud/test/registry-client.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

// The data folder on a disk of a few megabytes, in a mount namespace of this test's own.

const enter = ["unshare", "--user", "--map-root-user", "--mount"];
const isAllowed = spawnSync("unshare", [...enter.slice(1), "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
const skip = !isAllowed && "this system lets nobody mount anything in a namespace of his own";

/** The size of an empty server's databases, and a little more. */
const diskMegabytes = 8;

/** A `sluice up` whose data folder is a small disk. */
async function openOnSmallDisk(t: TestContext) {
  const given: string[] = [];
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain"], given);
  const data = join(sluice.folder, "data");
  mkdirSync(data);
  const script = 'mount -t tmpfs -o size="$1"m tmpfs "$2" && echo mounted && exec sleep 600';
  const holder = spawn("unshare", [...enter.slice(1), "sh", "-c", script, "sh", String(diskMegabytes), data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(async () => {
    const gone = once(holder, "exit");
    if (holder.exitCode === null && holder.kill("SIGKILL")) await gone;
  });
  await once(createInterface({ input: holder.stdout }), "line");
  given.push("nsenter", "--target", String(holder.pid), "--user", "--mount", "--preserve-credentials", "--");
  const seen = `/proc/${holder.pid}/root${data}`;
  const filler = join(seen, "filler");
  return { sluice, data: seen, fill: () => fill(filler), makeRoom: () => rmSync(filler) };
}

/** Writes until nothing fits any more. */
function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (let size = 1024 * 1024; size >= 1;) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

async function clientsOf(t: TestContext, sluice: SluiceProcess) {
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
    await sluice.environment();
  const options = {
    endpoint: sluice.url,
    region: "us-east-1",
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
  };
  const [codedeploy, ecr] = [new CodeDeployClient(options), new ECRClient(options)];
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  t.after(() => {
    codedeploy.destroy();
    s3.destroy();
    ecr.destroy();
  });
  return { codedeploy, s3, ecr };
}

test(
  "a full disk is said in one line; nothing that was acknowledged is lost, and with room work goes on",
  { skip, timeout: 120_000 },
  async (t) => {
    const { sluice, fill: fillDisk, makeRoom } = await openOnSmallDisk(t);
    await sluice.open();
    const { codedeploy, s3 } = await clientsOf(t, sluice);
    const acknowledged: string[] = [];
    const create = async (applicationName: string) => {
      await codedeploy.send(new CreateApplicationCommand({ applicationName }));
      acknowledged.push(applicationName);
    };
    const listed = async () => (await codedeploy.send(new ListApplicationsCommand({}))).applications?.toSorted();
    const [Bucket, Key] = ["shelf", "big"];
    const put = () => s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.alloc(1024 * 1024, "x") }));
    await s3.send(new CreateBucketCommand({ Bucket }));
    await create("before");

    fillDisk();
    const refused: unknown[] = [];
    for (let number = 0; number < 20; number += 1) await create(`full-${number}`).catch((error) => refused.push(error));
    const unstored: unknown = await put().catch((error: unknown) => error);

    assert.equal(refused.length + acknowledged.length, 21);
    assert(refused.length > 0, "the disk was full");
    for (const error of refused) {
      assert(error instanceof Error);
      assert.match(error.name, /^(InternalFailure|ServiceUnavailable)/);
    }
    assert(unstored instanceof Error);
    assert.match(unstored.name, /^(InternalError|ServiceUnavailable)$/);
    assert.deepEqual(await listed(), acknowledged.toSorted(), "what is there can be read");
    const said = sluice.output.split("\n").filter((line) => /disk/.test(line));
    assert.equal(said.length, 2, sluice.output);
    assert.match(
      said[0] ?? "",
      /"msg":"Cannot write to the data folder: database or disk is full\. Make room on the disk: nothing that was acknowledged is lost, and work goes on by itself"/,
    );
    assert.match(said[1] ?? "", /^The local cloud cannot write to the data folder: its disk is full/);
    assert.doesNotMatch(sluice.output, /defect/);

    makeRoom();
    await create("after");
    await put();
    assert.deepEqual(await listed(), acknowledged.toSorted());

    await sluice.kill();
    await sluice.open();
    assert.deepEqual(await listed(), acknowledged.toSorted());
    for (const applicationName of acknowledged) await codedeploy.send(new GetApplicationCommand({ applicationName }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal((await Body?.transformToByteArray())?.length, 1024 * 1024);
    const audit = await sluice.cli("audit");
    assert.equal(audit.code, 0, audit.stdout + audit.stderr);
  },
);

test(
  "a push that the disk has no room for takes none, and goes through when there is some",
  { skip, timeout: 120_000 },
  async (t) => {
    const { sluice, data, fill: fillDisk, makeRoom } = await openOnSmallDisk(t);
    await sluice.open();
    const { ecr } = await clientsOf(t, sluice);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: "web" }));
    const registry = registryClient(sluice.url, await passwordFor(ecr));
    const layer = Buffer.alloc(1024 * 1024, "x");
    const push = () => registry.send("POST", `/v2/web/blobs/uploads/?digest=${digestOf(layer)}`, { body: layer });

    fillDisk();
    const refused = await push();
    makeRoom();
    const uploads = readdirSync(join(data, "cloud/images/uploads"));
    const pushed = await push();

    assert.deepEqual([refused.status, refused.code, pushed.status], [500, "UNKNOWN", 201]);
    assert.deepEqual(uploads, []);
    assert.doesNotMatch(sluice.output, /defect/);
  },
);

test("a start that the full disk does not allow ends with one sentence", { skip, timeout: 60_000 }, async (t) => {
  const { sluice, fill: fillDisk, makeRoom } = await openOnSmallDisk(t);
  fillDisk();

  await assert.rejects(sluice.open(), (error: Error) => {
    const lines = error.message.trim().split("\n").slice(1);
    assert.equal(lines.length, 1, error.message);
    assert.match(lines[0] ?? "", /^sluice: Cannot .*(full|no space left).*\. Make room/i);
    return true;
  });

  makeRoom();
  await sluice.open();
});
