import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { readText, SignedRequests } from "./signed-requests.ts";

test("a ca_bundle that holds no certificates is told before anything is sent", () => {
  const readTimeoutSeconds = 1;

  assert.throws(
    () => new SignedRequests({ readTimeoutSeconds, caBundle: "/nowhere/ca.pem" }),
    /^Error: Cannot read the ca_bundle "\/nowhere\/ca.pem": ENOENT/,
  );
  assert.throws(
    () => new SignedRequests({ readTimeoutSeconds, caBundle: "/dev/null" }),
    /it has no certificates in PEM/,
  );
});

test("calls stay on a connection that brings no downloads", async (t) => {
  const seen: { readonly method: string | undefined; readonly socket: Socket }[] = [];
  const server = createServer(({ method, socket }, response) => {
    seen.push({ method, socket });
    response.end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const requests = new SignedRequests({ readTimeoutSeconds: 5 });
  t.after(() => {
    requests.close();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`); // it listens on TCP
  const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret" };

  for (const method of ["POST", "GET", "POST", "GET"] as const)
    await readText(
      await requests.send({ method, url, service: "codedeploy-commands", region: "us-east-1", credentials }),
      100,
    );

  const [call, download, nextCall, nextDownload] = seen;
  assert.notEqual(download?.socket, call?.socket);
  assert.equal(nextCall?.socket, call?.socket);
  assert.equal(nextDownload?.socket, download?.socket);
});
