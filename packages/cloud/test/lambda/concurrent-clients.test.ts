import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "@sluice/aws-protocol/node-http";
import { DeleteFunctionCommand, UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { eventually } from "../../../../test/support/eventually.ts";
import { create, LambdaFixture, invoke, zip } from "./lambda-fixture.ts";

const clients = [0, 1, 2, 3, 4, 5, 6, 7];

/** Code of many files, so that it takes a while to unpack. */
const large = (text: string) =>
  zip([
    { name: "index.mjs", content: `export const handler = () => ${JSON.stringify(text)};` },
    ...Array.from({ length: 20 }, (_, index) => ({ name: `lib/${index}.mjs`, content: `// ${text} ${index}` })),
  ]);

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

test("eight clients upload code at once, the same and other code, and none of it is lost to another's update", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await Promise.all(clients.map((client) => create(fixture, `f${client}`, large("first"))));

  for (const round of [1, 2, 3])
    await Promise.all(
      clients.map((client) => {
        const ZipFile = large(client % 2 === 0 ? `shared ${round}` : `own ${client} ${round}`);
        return fixture.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: `f${client}`, ZipFile }));
      }),
    );
  const answers = await Promise.all(clients.map((client) => invoke(fixture, `f${client}`)));

  assert.deepEqual(
    answers.map(({ value }) => value),
    clients.map((client) => (client % 2 === 0 ? "shared 3" : `own ${client} 3`)),
  );
  // Five states are left of all that were: each is an archive and its folder.
  assert.equal(readdirSync(join(fixture.folder, "cloud/lambda/code")).length, 10);
  for (const client of clients) await fixture.lambda.send(new DeleteFunctionCommand({ FunctionName: `f${client}` }));
});

test("an event that is under way keeps its code, whatever the function is updated to, and the code goes after it", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = zip([
    {
      name: "index.mjs",
      content: `export const handler = async (url) => { await fetch(url); return (await import("./late.mjs")).default; };`,
    },
    { name: "late.mjs", content: `export default "old";` },
  ]);
  await create(fixture, "f", code, { Timeout: 20 });
  const folder = join(fixture.folder, "cloud/lambda/code");
  const [before] = readdirSync(folder).filter((name) => !name.endsWith(".zip"));
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const call = invoke(fixture, "f", `http://127.0.0.1:${port}/`);
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];

  for (const text of ["new", "newer"])
    await fixture.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile: large(text) }));

  response.end();
  assert.equal((await call).value, "old");
  await eventually("the old code is gone", async () => {
    await fixture.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile: large("newest") }));
    return existsSync(join(folder, before ?? "")) ? undefined : true;
  });
});

test("eight clients write, read and delete the same objects at once, and each reads one state whole", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { s3 } = fixture;
  await s3.send(new CreateBucketCommand({ Bucket: "shelf" }));
  const bodyOf = (client: number) => Buffer.alloc(200_000, `client ${client} `);
  const whole = clients.map((client) => bodyOf(client).toString("latin1"));
  const Key = "same";
  const put = (client: number) => s3.send(new PutObjectCommand({ Bucket: "shelf", Key, Body: bodyOf(client) }));
  await put(0);

  for (let round = 0; round < 3; round += 1)
    await Promise.all(
      clients.map(async (client) => {
        await put(client);
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: "shelf", Key }));
        assert(whole.includes(String(await Body?.transformToString("latin1"))));
        await s3.send(new PutObjectCommand({ Bucket: "shelf", Key: `${client}`, Body: bodyOf(client) }));
        await s3.send(new DeleteObjectCommand({ Bucket: "shelf", Key: `${client}` }));
      }),
    );

  assert.equal(filesBelow(join(fixture.folder, "cloud/s3")), 1);
});

test("a multipart upload is made whole while its parts are being replaced, and leaves none of them", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { s3 } = fixture;
  await s3.send(new CreateBucketCommand({ Bucket: "shelf" }));
  const place = { Bucket: "shelf", Key: "k" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
  const parts = [1, 2, 3, 4];
  const upload = (PartNumber: number) =>
    s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: Buffer.alloc(5 * 2 ** 20, PartNumber) }));
  const tags = await Promise.all(parts.map(upload));
  const Parts = parts.map((PartNumber, index) => ({ PartNumber, ETag: tags[index]?.ETag }));

  const replaced = Promise.allSettled([...parts, ...parts].map(upload));
  await s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
  await replaced;

  const { ContentLength } = await s3.send(new GetObjectCommand(place)).then(({ Body, ...rest }) => {
    (Body as unknown as { destroy(): void }).destroy(); // a stream of Node's
    return rest;
  });
  assert.equal(ContentLength, 20 * 2 ** 20);
  assert.equal(filesBelow(join(fixture.folder, "cloud/s3")), 1);
});
