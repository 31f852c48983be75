import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, createServer } from "node:tls";
import { Authority } from "./authority.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-constraints-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** How a client that trusts `ca` takes a certificate for a host: "trusted", or the reason why not. */
async function verdict(authority: Authority, host: string, ca = authority.certificate): Promise<string> {
  const server = createServer(authority.certificateFor([host])).listen(0, "127.0.0.1");
  server.on("tlsClientError", () => undefined);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const name = host.replace("*", "a");
  const socket = connect({
    port,
    host: "127.0.0.1",
    servername: /^[\d.]+$/.test(name) ? "" : name,
    ca,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, "secureConnect");
    return "trusted";
  } catch (error) {
    return (error as Error).message; // of the handshake
  } finally {
    socket.destroy();
    server.close();
  }
}

test("the authority is good for AWS's names, this machine's and those that were given, and for no others", async (t) => {
  const authority = Authority.open(folderOf(t), Date.now, ["deploy.example.com", "10.1.2.3"]);

  for (const host of [
    ...["localhost", "*.s3.localhost", "127.0.0.1", "127.9.9.9", "172.31.0.1", "deploy.example.com", "10.1.2.3"],
    ...["codedeploy.us-east-1.amazonaws.com", "x.lambda-url.us-east-1.on.aws"],
  ])
    assert.equal(await verdict(authority, host), "trusted", host);
  for (const host of [
    "example.com",
    "bank.example.org",
    "amazonaws.com.example.com",
    "10.1.2.4",
    "172.30.0.1",
    "8.8.8.8",
  ])
    assert.equal(await verdict(authority, host), "permitted subtree violation", host);
});

test("a further name makes another certificate of the same key, which allows what the first one did", async (t) => {
  const folder = folderOf(t);
  const first = Authority.open(folder, Date.now, ["one.example.com"]);
  const again = Authority.open(folder, Date.now);
  const second = Authority.open(folder, Date.now, ["two.example.com"]);

  assert.equal(again.certificate, first.certificate);
  assert.notEqual(second.certificate, first.certificate);
  assert(new X509Certificate(second.certificate).publicKey.equals(new X509Certificate(first.certificate).publicKey));
  assert.equal(await verdict(second, "one.example.com"), "trusted");
  assert.equal(await verdict(second, "two.example.com"), "trusted");
  assert.equal(await verdict(second, "one.example.com", first.certificate), "trusted");
});
