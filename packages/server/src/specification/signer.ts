import { createHash, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import { openSigningKey } from "./signing-key.ts";

/** What signs specifications. */
export interface Signer {
  /** Signs a text as PKCS#7 with the content attached, in PEM. */
  readonly sign: (text: string) => Promise<string>;
  /** By what hosts know it: the SHA-256 of its public key (SubjectPublicKeyInfo, DER), in hex. */
  readonly sha256: () => Promise<string>;
}

/** How long the signing certificate is valid, in milliseconds. It is made anew at each start, and agents do not check it: it carries the key, which they know by its hash. */
const validity = 365 * 86_400_000;

/** Opens the signing key of a data folder; the first time makes it. Loading the ASN.1 library is left to the first signature. */
export function openSigner(dataFolder: string, clock: () => number): Signer {
  let opened: Promise<KeyObject> | undefined;
  let ready: Promise<Signer["sign"]> | undefined;
  const key = () => (opened ??= openSigningKey(dataFolder));
  return {
    sign: async (text) => (await (ready ??= key().then((pem) => prepare(pem, clock))))(text),
    sha256: async () => {
      const spki = createPublicKey(await key()).export({ type: "spki", format: "der" });
      return createHash("sha256").update(spki).digest("hex");
    },
  };
}

async function prepare(pem: KeyObject, clock: () => number): Promise<Signer["sign"]> {
  const pkijs = await import("pkijs");
  pkijs.setEngine(
    "node",
    new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }) as unknown as import("pkijs").ICryptoEngine,
  ); // its types lag behind the platform's own
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await webcrypto.subtle.importKey("pkcs8", pem.export({ type: "pkcs8", format: "der" }), algorithm, true, [
    "sign",
  ]);
  const { n = "", e = "" } = await webcrypto.subtle.exportKey("jwk", key);
  const publicKey = await webcrypto.subtle.importKey("jwk", { kty: "RSA", n, e }, algorithm, true, ["verify"]);
  const certificate = await selfSigned(pkijs, { key, publicKey, now: clock() });
  return (text) => sign(pkijs, { text, key, certificate, now: clock() });
}

type Pkijs = typeof import("pkijs");
type Certificate = InstanceType<Pkijs["Certificate"]>;

async function selfSigned(
  pkijs: Pkijs,
  { key, publicKey, now }: { key: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey; now: number },
): Promise<Certificate> {
  const { Integer, Utf8String } = await import("asn1js");
  const certificate = new pkijs.Certificate();
  const name = new pkijs.AttributeTypeAndValue({
    type: "2.5.4.3",
    value: new Utf8String({ value: "Sluice deployment specifications" }),
  });
  certificate.version = 2;
  certificate.serialNumber = new Integer({ value: 1 });
  certificate.issuer.typesAndValues.push(name);
  certificate.subject.typesAndValues.push(name);
  certificate.notBefore.value = new Date(now);
  certificate.notAfter.value = new Date(now + validity);
  await certificate.subjectPublicKeyInfo.importKey(publicKey);
  await certificate.sign(key, "SHA-256");
  return certificate;
}

async function sign(
  pkijs: Pkijs,
  { text, key, certificate, now }: { text: string; key: webcrypto.CryptoKey; certificate: Certificate; now: number },
): Promise<string> {
  const { ObjectIdentifier, OctetString, UTCTime } = await import("asn1js");
  const content = new Uint8Array(Buffer.from(text)).buffer;
  const attribute = (type: string, value: object) => new pkijs.Attribute({ type, values: [value] });
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType: pkijs.ContentInfo.DATA,
      eContent: new OctetString({ valueHex: content }),
    }),
    certificates: [certificate],
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
        signedAttrs: new pkijs.SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            attribute("1.2.840.113549.1.9.3", new ObjectIdentifier({ value: pkijs.ContentInfo.DATA })),
            attribute(
              "1.2.840.113549.1.9.4",
              new OctetString({ valueHex: await webcrypto.subtle.digest("SHA-256", content) }),
            ),
            attribute("1.2.840.113549.1.9.5", new UTCTime({ valueDate: new Date(now) })),
          ],
        }),
      }),
    ],
  });
  await signed.sign(key, 0, "SHA-256", content);
  const info = new pkijs.ContentInfo({ contentType: pkijs.ContentInfo.SIGNED_DATA, content: signed.toSchema(true) });
  const base64 = Buffer.from(info.toSchema().toBER(false)).toString("base64");
  return `-----BEGIN PKCS7-----\n${(base64.match(/.{1,64}/g) ?? []).join("\n")}\n-----END PKCS7-----\n`;
}
