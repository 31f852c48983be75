import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { openSigner } from "./signer.ts";

const skip = await whyMissing("openssl");
const openssl = (...words: readonly string[]): Buffer =>
  execFileSync("openssl", words, { stdio: ["ignore", "pipe", "ignore"] });

test("OpenSSL finds what is signed right, whatever its length, and what is altered wrong", { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-signer-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const signer = openSigner(folder, Date.now);
  const file = join(folder, "envelope");
  const verified = (envelope: string): string => {
    writeFileSync(file, envelope);
    return openssl("smime", "-verify", "-noverify", "-binary", "-inform", "PEM", "-in", file).toString();
  };

  for (const length of [0, 1, 127, 128, 255, 256, 65_536]) {
    const text = "µ".repeat(length / 2).padEnd(length, "x");
    assert.equal(verified(await signer.sign(text)), text);
  }
  const lines = (await signer.sign("signed")).split("\n");
  const altered = Buffer.from(lines.slice(1, -2).join(""), "base64");
  altered.write("forged", altered.indexOf("signed"));
  assert.throws(() => verified([lines[0], altered.toString("base64"), ...lines.slice(-2)].join("\n")));
});

test(
  "a key that OpenSSL has made signs from the next start on, by the name that OpenSSL gives it",
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-signer-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const own = await openSigner(folder, Date.now).sha256();

    // As docs/decisions/022 tells it to whoever changes the key.
    const file = join(folder, "signer.pem");
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", file);
    const name = createHash("sha256")
      .update(openssl("pkey", "-in", file, "-pubout", "-outform", "DER"))
      .digest("hex");
    const next = openSigner(folder, Date.now);

    assert.notEqual(name, own);
    assert.equal(await next.sha256(), name);
    assert.match(await next.sign("{}"), /^-----BEGIN PKCS7-----/);
  },
);
