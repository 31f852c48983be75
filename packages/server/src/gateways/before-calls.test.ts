import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openGateways } from "./gateways.ts";

test("no call of a gateway leaves before it may, and none does when it may not any more", async (t) => {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    response.writeHead(200, { "content-type": "text/xml" }).end("<DescribeInstancesResponse/>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };

  const asked = Promise.withResolvers<() => void>();
  let isOver = false;
  const gateways = openGateways(
    { at: "self", config: () => ({ region: "us-east-1", endpoint, credentials }) },
    async () => {
      if (isOver) throw new Error("another node writes");
      await new Promise<void>((resolve) => asked.resolve(resolve));
    },
  );
  t.after(() => gateways.close());
  const ec2 = await gateways.as("").ec2();
  const call = ec2.describeInstances({});
  const release = await asked.promise;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(calls, 0);
  release();
  await call;
  assert.equal(calls, 1);

  isOver = true;
  await assert.rejects(ec2.describeInstances({}), /another node writes/);
  assert.equal(calls, 1);
});
