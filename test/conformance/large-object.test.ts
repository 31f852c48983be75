import assert from "node:assert/strict";
import { createReadStream, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { openServerFixture } from "../support/server-fixture.ts";

/** By how much the memory of this process, client and server, may grow while an object passes, in bytes: a third of its size. */
const moreBytesMax = 100_000_000;

test("three hundred megabytes go up and come down without staying in memory", async (t) => {
  const { as, dataFolder } = await openServerFixture(t);
  const s3 = new S3Client({ ...as(), forcePathStyle: true });
  t.after(() => s3.destroy());
  const length = 300 * 1024 * 1024;
  const path = join(dataFolder, "300");
  writeFileSync(path, "");
  truncateSync(path, length);
  const key = { Bucket: "shelf", Key: "large" };
  await s3.send(new CreateBucketCommand({ Bucket: key.Bucket }));
  const { rss } = process.memoryUsage();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss - rss)), 20);
  t.after(() => clearInterval(watch));

  const start = performance.now();
  await s3.send(new PutObjectCommand({ ...key, Body: createReadStream(path), ContentLength: length }));
  const sent = performance.now();
  const { Body } = await s3.send(new GetObjectCommand(key));
  let read = 0;
  for await (const part of Body as AsyncIterable<Buffer>) read += part.length; // a stream of bytes in Node

  t.diagnostic(
    `up ${Math.round(sent - start)} ms, down ${Math.round(performance.now() - sent)} ms, at most ${Math.round(most / 1e6)} MB more`,
  );
  assert.equal(read, length);
  assert(most < moreBytesMax, `client and server together took ${Math.round(most / 1e6)} MB more`);
});
