import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { openSigner } from "./signer.ts";

const skip = await whyMissing("openssl");
const openssl = (...words: readonly string[]): Buffer =>
  execFileSync("openssl", words, { stdio: ["ignore", "pipe", "ignore"] });

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
