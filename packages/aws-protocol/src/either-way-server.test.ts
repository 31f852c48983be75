import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { get as secureGet } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createFrontDoorServer } from "./front-door-server.ts";

const skip = spawnSync("openssl", ["version"]).error === undefined ? false : "openssl is not on this machine";

/** A server that answers with how it was reached, and a certificate for it. */
async function ground(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-either-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", ...made, ...subject, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
  const cert = readFileSync(certFile, "utf8");
  const server = createFrontDoorServer(
    (request, response) => {
      response.end("encrypted" in request.socket ? "https" : "http");
    },
    { key: readFileSync(keyFile, "utf8"), cert },
  );
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
  const { port, cert } = await ground(t);

  assert.equal(await text(get({ port, host: "127.0.0.1", agent: false })), "http");
  assert.equal(await text(secureGet({ port, host: "localhost", family: 4, ca: cert, agent: false })), "https");
  await assert.rejects(text(secureGet({ port, host: "localhost", family: 4, agent: false })), /self-signed/);
});

test("a handshake that is none ends its own connection alone", { skip }, async (t) => {
  const { port } = await ground(t);
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {}).resume();

  socket.write("\x16 is how a handshake begins, and this is none");
  await once(socket, "close");

  assert.equal(await text(get({ port, host: "127.0.0.1", agent: false })), "http");
});

test("a connection that has said nothing does not keep the server from closing", { skip }, async (t) => {
  const { port, server } = await ground(t);
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {}).resume();
  await once(server, "connection");

  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();

  await closed;
});
