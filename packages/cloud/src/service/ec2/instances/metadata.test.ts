import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { InstanceRecord } from "./instance-record.ts";
import { metadataService } from "./metadata.ts";

test("an instance has the role of the profile that it was launched with, and not of a later one of that name", async (t) => {
  const profileOf = (id: string) => ({ id, name: "web", arn: "arn", roleName: "ops" });
  let profile = profileOf("AIPA1");
  const record = {
    id: "i-1",
    instanceProfile: "web",
    instanceProfileId: "AIPA1",
    privateIp: "",
    launchedAt: 0,
    tags: [],
  };
  const service = metadataService({
    find: () => record as unknown as InstanceRecord, // as far as its profile goes
    targetLifecycleState: () => undefined,
    keys: { issueForHost: async () => ({ accessKeyId: "ASIA1", secretAccessKey: "s" }) },
    profiles: { find: () => profile },
    ...{ region: "eu-west-1", accountId: "123456789012", clock: () => Date.now() },
  });
  const server = createServer(service("i-1")).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/latest`; // it listens on TCP
  const lives = { "x-aws-ec2-metadata-token-ttl-seconds": "60" };
  const token = await (await fetch(`${url}/api/token`, { method: "PUT", headers: lives })).text();
  const statuses = async () => {
    const headers = { "x-aws-ec2-metadata-token": token };
    const paths = ["info", "security-credentials/ops"].map((path) => `${url}/meta-data/iam/${path}`);
    return Promise.all(paths.map(async (path) => (await fetch(path, { headers })).status));
  };

  const own = await statuses();
  profile = profileOf("AIPA2");

  assert.deepEqual(own, [200, 200]);
  assert.deepEqual(await statuses(), [404, 404]);
});
