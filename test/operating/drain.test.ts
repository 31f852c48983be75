import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  ListApplicationsCommand,
} from "@aws-sdk/client-codedeploy";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

/** How long a server may take to end, in milliseconds. */
const endsWithin = 5_000;

async function signedCall(
  sluice: SluiceProcess,
  { service, target, input }: { readonly service: string; readonly target: string; readonly input: object },
) {
  const { region, credentials } = await sluice.clientOptions();
  const url = new URL("/", sluice.url);
  const body = JSON.stringify(input);
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  return {
    url,
    body,
    headers: signHeaders({ method: "POST", url, headers, body, credentials, region, service }),
  };
}

test("SIGTERM sends agents away, lets requests end, and the exit code is 0", { timeout: 60_000 }, async (t) => {
  const sluice = new SluiceProcess(t, []);
  await sluice.open("server");
  const poll = await signedCall(sluice, {
    service: "codedeploy-commands",
    target: "CodeDeployCommandService_v20141006.PollHostCommand",
    input: { HostIdentifier: "arn:aws:iam::123456789012:user/web-1" },
  });
  const held = fetch(poll.url, { method: "POST", headers: poll.headers, body: poll.body });
  const create = await signedCall(sluice, {
    service: "codedeploy",
    target: "CodeDeploy_20141006.CreateApplication",
    input: { applicationName: "late" },
  });
  const socket = connect(sluice.port, "127.0.0.1");
  const answer = text(socket);
  const head = Object.entries({ ...create.headers, host: create.url.host, "content-length": create.body.length });
  const lines = head.map(([name, value]) => `${name}: ${String(value)}\r\n`).join("");
  socket.write(`POST / HTTP/1.1\r\n${lines}\r\n${create.body.slice(0, 5)}`);
  await once(socket, "ready");
  assert.equal((await fetch(new URL("/readyz", sluice.url))).status, 200);

  const begun = performance.now();
  const stopped = sluice.stop();
  const ended = await held;
  socket.write(create.body.slice(5));

  assert.deepEqual([ended.status, await ended.text()], [200, "{}"]);
  assert.equal(ended.headers.get("connection"), "close");
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(await stopped, 0);
  assert(performance.now() - begun < endsWithin, "it has ended in time");
  await sluice.open("server");
  const client = new CodeDeployClient(await sluice.clientOptions());
  t.after(() => client.destroy());
  assert.deepEqual((await client.send(new ListApplicationsCommand({}))).applications, ["late"]);
});

test("a service of AWS's that does not answer does not keep a server from ending", { timeout: 60_000 }, async (t) => {
  let asked = 0;
  const silent = createServer((socket) => {
    asked += 1;
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo; // it listens on TCP
  const variables = [
    `AWS_ENDPOINT_URL=http://127.0.0.1:${port}`,
    "AWS_ACCESS_KEY_ID=AKIA",
    "AWS_SECRET_ACCESS_KEY=x",
    "AWS_EC2_METADATA_DISABLED=true",
  ];
  const sluice = new SluiceProcess(t, [], ["env", ...variables]);
  await sluice.open("server");
  const client = new CodeDeployClient(await sluice.clientOptions());
  t.after(() => client.destroy());
  const names = { applicationName: "shop", deploymentGroupName: "prod" };
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  await client.send(
    new CreateDeploymentGroupCommand({
      ...names,
      serviceRoleArn: "arn:aws:iam::123456789012:role/deploy",
      ec2TagFilters: [{ Key: "a", Value: "b", Type: "KEY_AND_VALUE" }],
    }),
  );
  const gitHubLocation = { repository: "shop/web", commitId: "a".repeat(40) };
  await client.send(new CreateDeploymentCommand({ ...names, revision: { revisionType: "GitHub", gitHubLocation } }));
  await eventually("AWS is asked for the fleet", async () => asked > 0 || undefined);

  const begun = performance.now();
  assert.equal(await sluice.stop(), 0);
  assert(performance.now() - begun < endsWithin, "it has ended in time");
});
