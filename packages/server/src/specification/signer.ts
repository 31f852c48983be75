import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { generateKeyPair, createPrivateKey, webcrypto } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";

/** Signs texts as PKCS#7 with the content attached, in PEM. */
export type Signer = (text: string) => Promise<string>;

/** How long the signing certificate is valid, in milliseconds. It is made anew at each start, and agents do not check it: it carries the key. */
const validity = 365 * 86_400_000;

/** Opens the signing key of a data folder; the first time makes it. Loading the ASN.1 library is left to the first signature. */
export function openSigner(dataFolder: string, clock: () => number): Signer {
  let ready: Promise<Signer> | undefined;
  return async (text) => (await (ready ??= prepare(dataFolder, clock)))(text);
}

async function prepare(dataFolder: string, clock: () => number): Promise<Signer> {
  const pkijs = await import("pkijs");
  pkijs.setEngine(
    "node",
    new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }) as unknown as import("pkijs").ICryptoEngine,
  ); // its types lag behind the platform's own
  const file = join(dataFolder, "signer.pem");
  if (!existsSync(file)) {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    writeFileSync(`${file}.new`, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const pem = createPrivateKey(readFileSync(file));
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await webcrypto.subtle.importKey("pkcs8", pem.export({ type: "pkcs8", format: "der" }), algorithm, true, [
    "sign",
  ]);
  const { n, e } = await webcrypto.subtle.exportKey("jwk", key);
  const publicKey = await webcrypto.subtle.importKey(
    "jwk",
    { kty: "RSA", ...(n === undefined || e === undefined ? {} : { n, e }) },
    algorithm,
    true,
    ["verify"],
  );
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
  return `-----BEGIN PKCS7-----\n${base64.replace(/.{64}(?=.)/g, "$&\n")}\n-----END PKCS7-----\n`;
}
