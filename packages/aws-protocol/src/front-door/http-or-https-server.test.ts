import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get, request } from "node:http";
import { get as secureGet, request as secureRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { key, signed } from "../../test/fixtures/open-door.ts";
import { sampleModel } from "../../test/fixtures/sample-model.ts";
import { defineService } from "../service/define-service.ts";
import { createFrontDoor } from "./front-door.ts";
import { createFrontDoorServer } from "./front-door-server.ts";
import type { Call } from "../permission/identity.ts";
import { contextOf } from "../permission/permission.ts";
import type { FrontDoor } from "./fast-path-server.ts";

const skip = spawnSync("openssl", ["version"]).error === undefined ? false : "openssl is not on this machine";

const whichWay: FrontDoor = (request, response) => {
  response.end("encrypted" in request.socket ? "https" : "http");
};

/** A server that answers with how it was reached, and a certificate for it. */
async function openFixture(
  t: TestContext,
  { door = whichWay, isRequired = false }: { readonly door?: FrontDoor; readonly isRequired?: boolean } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-either-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", ...made, ...subject, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
  const cert = readFileSync(certFile, "utf8");
  const server = createFrontDoorServer(door, { key: readFileSync(keyFile, "utf8"), cert, isRequired });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, cert, port: (server.address() as AddressInfo).port };
}

async function text(request: ReturnType<typeof get>): Promise<string> {
  const [response] = (await once(request, "response")) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("one port answers HTTP and HTTPS, whichever a connection begins with", { skip }, async (t) => {
  const { port, cert } = await openFixture(t);

  assert.equal(await text(get({ port, host: "127.0.0.1", agent: false })), "http");
  assert.equal(await text(secureGet({ port, host: "localhost", family: 4, ca: cert, agent: false })), "https");
  await assert.rejects(text(secureGet({ port, host: "localhost", family: 4, agent: false })), /self-signed/);
});

test("a handshake that is none ends its own connection alone", { skip }, async (t) => {
  const { port } = await openFixture(t);
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {}).resume();

  socket.write("\x16 is how a handshake begins, and this is none");
  await once(socket, "close");

  assert.equal(await text(get({ port, host: "127.0.0.1", agent: false })), "http");
});

test("a connection that has said nothing does not keep the server from closing", { skip }, async (t) => {
  const { port, server } = await openFixture(t);
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {}).resume();
  await once(server, "connection");

  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();

  await closed;
});

test("where TLS is required, whoever speaks without it is told so, and nothing else", { skip }, async (t) => {
  const { port, cert } = await openFixture(t, { isRequired: true });

  const answer = await text(get({ port, host: "127.0.0.1", agent: false }));
  const posted = request({ port, host: "127.0.0.1", method: "POST", agent: false });
  posted.end("secret");

  assert.equal(answer, "This port speaks HTTPS, not HTTP\n");
  assert.equal(await text(posted), "This port speaks HTTPS, not HTTP\n");
  assert.equal(await text(secureGet({ port, host: "localhost", family: 4, ca: cert, agent: false })), "https");
});

test("a call says whether it came over TLS, to policies and in its links", { skip }, async (t) => {
  const principal = { accountId: "123456789012", arn: "arn:aws:iam::123456789012:user/a", userId: "AIDA" };
  const door = createFrontDoor({
    services: [
      defineService({
        name: "sample",
        model: sampleModel("json"),
        signingNames: ["json"],
        operations: {
          Echo: ({ call }: { readonly call: Call }) => ({
            Text: `${call.endpoint} ${contextOf(call).get("aws:securetransport")?.join("")}`,
          }),
        },
        context: {},
      }),
    ],
    keys: { find: () => ({ ...key, principal }) },
    clock: Date.now,
    log: () => undefined,
  });
  const { port, cert } = await openFixture(t, { door });
  const ask = async (send: typeof secureRequest, scheme: string) => {
    const body = "{}";
    const url = `${scheme}://localhost:${port}`;
    const headers = { ...signed(url, { headers: { "x-amz-target": "Sample.Echo" }, body, service: "json" }) };
    const asked = send({ port, host: "localhost", family: 4, method: "POST", headers, ca: cert, agent: false });
    asked.end(body);
    return text(asked);
  };

  assert.equal(await ask(secureRequest, "https"), `{"Text":"https://localhost:${port} true"}`);
  assert.equal(await ask(request, "http"), `{"Text":"http://localhost:${port} false"}`);
});
