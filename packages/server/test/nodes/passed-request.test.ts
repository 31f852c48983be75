import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { type AccessKey, anonymous, type Service, type ServiceRequest } from "@sluice/aws-protocol";
import { AnswerPeers } from "../../src/nodes/peers/answer-peers.ts";
import { AskWriter } from "../../src/nodes/peers/ask-writer.ts";
import { heldBody } from "../../src/nodes/peers/passed-request.ts";

const known: AccessKey = {
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "secret",
  principal: anonymous,
};

const service: Service = {
  name: "codedeploy",
  signingNames: ["codedeploy"],
  targetPrefixes: ["CodeDeploy_20141006"],
  protocol: "json",
  bodyBytesMax: 1_000,
  serve: async () => ({ status: 200, headers: {}, body: "{}" }),
  refuse: ({ code, status = 400 }) => ({ status, headers: {}, fault: code }),
};

/** A node that writes, with the keys that it knows, and the connection of another one to it. */
async function openWriter(t: TestContext, keys: ReadonlyMap<string, AccessKey>): Promise<AskWriter> {
  const key = randomBytes(32);
  const peers = new AnswerPeers({
    key,
    answering: () => ({
      keys: { find: async (id) => keys.get(id) },
      service: () => service,
      position: { sequence: 1, digest: "" },
      serve: (asked, request) => asked.serve(request),
    }),
    onDefect: (error) => assert.fail(String(error)),
  });
  const server = createServer().listen(0, "127.0.0.1");
  server.on("upgrade", (request, socket, first) => peers.accept(request, socket, first));
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const writer = await AskWriter.connect(`http://127.0.0.1:${port}`, { key, onEntry: () => {}, onGone: () => {} });
  t.after(() => {
    writer.close();
    peers.close();
    server.close();
  });
  return writer;
}

const request: ServiceRequest = {
  method: "POST",
  path: "/",
  query: new URLSearchParams(),
  headers: { "x-amz-target": "CodeDeploy_20141006.ListApplications" },
  body: heldBody(Buffer.from("{}")),
  call: {
    requestId: "1",
    region: "us-east-1",
    accessKeyId: known.accessKeyId,
    principal: known.principal,
    endpoint: "http://127.0.0.1",
    receivedAt: 0,
    signal: new AbortController().signal,
  },
};

test("a key that has ended ends at once at every node: the one that writes looks it up for each request that is passed to it", async (t) => {
  const keys = new Map([[known.accessKeyId, known]]);
  const writer = await openWriter(t, keys);
  const ask = () => writer.ask("codedeploy", request, Buffer.from("{}"));

  assert.equal((await ask()).status, 200);
  keys.delete(known.accessKeyId);

  const { status, fault } = await ask();
  assert.deepEqual({ status, fault }, { status: 403, fault: "UnrecognizedClientException" });
});
