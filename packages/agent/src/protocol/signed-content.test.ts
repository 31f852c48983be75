import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { hasOpenssl, Openssl, type Party } from "../../test/openssl.ts";
import { signedContent } from "./signed-content.ts";

const skip = !hasOpenssl && "needs openssl";
const text = '{"DeploymentId":"d-ABCDEF123","Text":"µ"}';

const openssl = (t: TestContext): Openssl => new Openssl((clean) => t.after(clean));

const certificateOf = ({ certificate }: Party): X509Certificate => new X509Certificate(readFileSync(certificate));

/** The envelope with some of its bytes replaced. */
function altered(pem: string, from: string, to: string): string {
  const [, base64 = ""] = /-----BEGIN PKCS7-----([^-]*)-----END/.exec(pem) ?? [];
  const bytes = Buffer.from(base64, "base64");
  const at = bytes.indexOf(from);
  assert.notEqual(at, -1);
  bytes.write(to, at);
  return `-----BEGIN PKCS7-----\n${bytes.toString("base64")}\n-----END PKCS7-----\n`;
}

test(
  "what OpenSSL signs is read, by RSA and by ECDSA, with signed attributes and without, in one piece and streamed",
  { skip },
  (t) => {
    const tool = openssl(t);
    const rsa = tool.party("rsa", { algorithm: ["-newkey", "rsa:2048"] });
    const ec = tool.party("ec");

    for (const [party, more] of [
      [rsa, []],
      [rsa, ["-noattr"]],
      [ec, []],
      [rsa, ["-stream"]],
    ] as const)
      assert.equal(signedContent(tool.sign(text, party, more)), text, more.join(" "));
  },
);

test("content, attributes or signature that were altered are refused", { skip }, (t) => {
  const tool = openssl(t);
  const party = tool.party("signer");
  const trouble = { message: "Cannot trust the deployment specification: its signature does not match its content" };

  assert.throws(() => signedContent(altered(tool.sign(text, party), "d-ABCDEF123", "d-EVIL00000")), trouble);
  assert.throws(
    () => signedContent(altered(tool.sign(text, party, ["-noattr"]), "d-ABCDEF123", "d-EVIL00000")),
    trouble,
  );
});

test("an envelope without the signer's certificate, without content, or of another kind is refused", { skip }, (t) => {
  const tool = openssl(t);
  const party = tool.party("signer");
  const signed = tool.sign(text, party);

  assert.throws(
    () => signedContent(tool.sign(text, party, ["-nocerts"])),
    /the signer's certificate is not in its envelope/,
  );
  assert.throws(
    () => signedContent(tool.sign(text, party, ["-detached"])),
    /Could not parse the PKCS7: a part is missing/,
  );
  assert.throws(() => signedContent(signed.replaceAll("PKCS7", "CMS")), /a PEM text with the label PKCS7 was expected/);
  assert.throws(() => signedContent(text), /a PEM text with the label PKCS7 was expected/);
  assert.throws(() => signedContent("-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----"), /Could not parse the PKCS7/);
});

test("a pinned signer is the only one whose word counts", { skip }, (t) => {
  const tool = openssl(t);
  const [pinned, other] = [tool.party("pinned"), tool.party("other")];
  const key = certificateOf(pinned).publicKey.export({ type: "spki", format: "der" });
  const signer = createHash("sha256").update(key).digest("hex");
  const [only, both] = [{ signers: [signer] }, { signers: ["0".repeat(64), signer] }];

  for (const trust of [only, both]) assert.equal(signedContent(tool.sign(text, pinned), trust), text);
  assert.throws(
    () => signedContent(tool.sign(text, other), only),
    (error: Error) =>
      error.message.includes(`its signer is not the one that trusted_signer names (${signer})`) &&
      error.message.includes("If the control plane has got a new data folder, it has a new signer: register this host"),
  );
});

test("with a trust store, the signer's certificate leads to one of its certificates", { skip }, (t) => {
  const tool = openssl(t);
  const root = tool.party("root", { authority: true });
  const middle = tool.party("middle", { issuer: root, authority: true });
  const [direct, indirect] = [tool.party("direct", { issuer: root }), tool.party("indirect", { issuer: middle })];
  const stranger = tool.party("root", { authority: true });
  const authorities = [certificateOf(root)];

  assert.equal(signedContent(tool.sign(text, direct), { authorities }), text);
  assert.equal(signedContent(tool.sign(text, indirect, ["-certfile", middle.certificate]), { authorities }), text);
  assert.equal(signedContent(tool.sign(text, stranger), { authorities: [certificateOf(stranger)] }), text);
  for (const [party, more] of [
    [indirect, []],
    [stranger, []],
  ] as const)
    assert.throws(
      () => signedContent(tool.sign(text, party, more), { authorities }),
      /its signer "CN=(indirect|root)" is vouched for by no certificate of trust_store/,
    );
});

test("a certificate that is no authority vouches for nobody", { skip }, (t) => {
  const tool = openssl(t);
  const root = tool.party("root", { authority: true });
  const leaf = tool.party("leaf", { issuer: root });
  const forged = tool.party("forged", { issuer: leaf });

  assert.throws(
    () =>
      signedContent(tool.sign(text, forged, ["-certfile", leaf.certificate]), { authorities: [certificateOf(root)] }),
    /is vouched for by no certificate/,
  );
});

test("with a trust store, a certificate counts only in its time", { skip }, (t) => {
  const tool = openssl(t);
  const party = tool.party("signer");
  const authorities = [certificateOf(party)];
  const day = 86_400_000;

  assert.equal(signedContent(tool.sign(text, party), { authorities, now: Date.now() + 29 * day }), text);
  for (const now of [Date.now() + 31 * day, Date.now() - day])
    assert.throws(
      () => signedContent(tool.sign(text, party), { authorities, now }),
      /the certificate of its signer is valid from 20.* to 20/,
    );
});
