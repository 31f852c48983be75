import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect, createServer } from "node:tls";
import { Authority } from "./authority.ts";

const now = Date.now();

async function handshake(authority: Authority, servername: string): Promise<string> {
  const server = createServer({
    SNICallback: (host, answer) => {
      try {
        answer(null, authority.contextFor(host));
      } catch (error) {
        answer(error as Error);
      }
    },
  }).listen(0, "127.0.0.1");
  server.on("tlsClientError", () => {});
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", servername, ca: authority.certificate });
  try {
    await once(socket, "secureConnect");
    return String(socket.getPeerCertificate().subject.CN);
  } finally {
    socket.destroy();
    server.close();
  }
}

test("a client that trusts the authority verifies the certificate of any AWS name", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-authority-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = Authority.open(folder, () => now);

  const host = "aws-codedeploy-ap-northeast-2.s3.ap-northeast-2.amazonaws.com";
  assert.equal(await handshake(authority, host), host.slice(0, 64));
  assert.equal(await handshake(authority, "codedeploy.us-east-1.amazonaws.com"), "codedeploy.us-east-1.amazonaws.com");
});

test("a name that is not AWS's gets no certificate", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-authority-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = Authority.open(folder, () => now);

  for (const host of ["example.com", "amazonaws.com.example.com", "xamazonaws.com", "a b.amazonaws.com"])
    assert.throws(() => authority.contextFor(host), /does not answer to/);
  await assert.rejects(handshake(authority, "example.com"));
});

test("one certificate is for all the names and addresses that a port has", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-authority-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = Authority.open(folder, () => now);

  const certificate = new X509Certificate(
    authority.certificateFor(["localhost", "10.1.2.3", "::1", "fd00::a:12"]).cert,
  );

  assert.equal(
    certificate.subjectAltName,
    "DNS:localhost, IP Address:10.1.2.3, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:0:0:0:A:12",
  );
  assert(certificate.verify(new X509Certificate(authority.certificate).publicKey));
});

test("an authority is the same after a restart, and only its user may read its key", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-authority-"));
  t.after(() => rmSync(folder, { recursive: true }));

  const first = Authority.open(folder, () => now).certificate;

  assert.equal(Authority.open(folder, () => now).certificate, first);
  assert.equal(statSync(join(folder, "cloud/authority.pem")).mode & 0o777, 0o600);
});
