import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { openLocalCloud } from "./local-cloud.ts";
import { eventually } from "../../../test/support/eventually.ts";

async function ask(url: string, headers: Readonly<Record<string, string>>, method = "GET") {
  const asked = request(url, { method, headers, agent: false }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

test("a plain instance's metadata is for who was told its secret, under no foreign name, and for no page in a browser", async (t) => {
  const cloud = await openLocalCloud(t);
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const { Instances: [{ InstanceId = "" } = {}] = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: "ami-00000000000000001", MinCount: 1, MaxCount: 1 }),
  );
  const { metadataPort, metadataSecret } = await eventually("it has its ports", async () => {
    try {
      const file = join(cloud.folder, "cloud/plain", InstanceId, "ports.json");
      return JSON.parse(readFileSync(file, "utf8")) as { metadataPort: number; metadataSecret: string };
    } catch {
      return undefined; // it is just being made
    }
  });
  const open = `http://127.0.0.1:${metadataPort}`;
  const service = `${open}/${metadataSecret}`;
  const seconds = { "x-aws-ec2-metadata-token-ttl-seconds": "60" };
  const give = (headers: Readonly<Record<string, string>>, at = service) =>
    ask(`${at}/latest/api/token`, { ...seconds, ...headers }, "PUT");

  const token = await eventually("it answers", async () => {
    const answer = await give({}).catch(() => undefined);
    return answer?.status === 200 ? answer.body : undefined;
  });
  const read = (headers: Readonly<Record<string, string>>, at = service) =>
    ask(`${at}/latest/meta-data/instance-id`, { "x-aws-ec2-metadata-token": token, ...headers });

  assert.deepEqual(await read({}), { status: 200, body: InstanceId });
  assert.equal((await read({ host: `localhost:${metadataPort}` })).status, 200);
  assert.equal((await read({ host: "[::1]" })).status, 200);
  const refused = [
    await read({}, open),
    await read({}, `${open}/${"0".repeat(32)}`),
    await give({}, open),
    await read({ host: "evil.example" }),
    await read({ host: `127.0.0.1.evil.example:${metadataPort}` }),
    await give({ host: "evil.example" }),
    await give({ "x-forwarded-for": "10.0.0.1" }),
    await give({ origin: "http://evil.example" }),
  ];
  assert.deepEqual(
    refused.map(({ status }) => status),
    [404, 404, 404, 421, 421, 421, 403, 403],
  );
});
