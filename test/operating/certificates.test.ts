import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { Authority } from "@sluice/cloud";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

/** The names in the certificate that a port shows. */
async function namesAt(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { subjectaltname = "" } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

test(
  "SIGHUP has the server read its certificate again, and keep the former one when it is none",
  { timeout: 60_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-certificates-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const authority = Authority.open(folder, Date.now, ["one.example.com", "two.example.com"]);
    const [certificateFile, keyFile] = [join(folder, "port.pem"), join(folder, "port.key")];
    const issue = (name: string) => {
      const { key, cert } = authority.certificateFor([name]);
      writeFileSync(certificateFile, cert);
      writeFileSync(keyFile, key);
    };
    issue("one.example.com");
    const sluice = new SluiceProcess(t, ["--tls-certificate", certificateFile, "--tls-key", keyFile]);
    await sluice.open("server");
    assert.equal(await namesAt(sluice.port), "DNS:one.example.com");

    issue("two.example.com");
    process.kill(sluice.pid, "SIGHUP");
    await eventually("the new certificate is shown", async () =>
      (await namesAt(sluice.port)) === "DNS:two.example.com" ? true : undefined,
    );
    writeFileSync(certificateFile, "nothing");
    process.kill(sluice.pid, "SIGHUP");
    await sluice.printed(/^Cannot reload the certificate, and keep the former one: .*expected a certificate in PEM/m);
    assert.equal(await namesAt(sluice.port), "DNS:two.example.com");
  },
);

test(
  "a certificate and a key that do not belong together are refused at the start, and so is half of it",
  { timeout: 60_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-certificates-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [certificate, key] = [join(folder, "port.pem"), join(folder, "port.key")];
    const authority = Authority.open(folder, Date.now, ["a.example.com", "b.example.com"]);
    writeFileSync(certificate, authority.certificateFor(["a.example.com"]).cert);
    writeFileSync(key, authority.certificateFor(["b.example.com"]).key);
    const sluice = new SluiceProcess(t, []);
    const refusal = async (...words: readonly string[]) => {
      const { code, stderr } = await sluice.cli("server", "--tls-certificate", certificate, ...words);
      assert.equal(code, 1);
      return stderr;
    };

    assert.match(await refusal(), /--tls-certificate and --tls-key are given together/);
    assert.match(
      await refusal("--tls-key", join(folder, "none")),
      /Cannot read ".*none" for the certificate of the port/,
    );
    assert.match(await refusal("--tls-key", certificate), /expected a private key in PEM without a passphrase/);
    assert.match(await refusal("--tls-key", key), /it is not the key of the certificate in/);
  },
);
