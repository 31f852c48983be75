import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import {
  bitString,
  integer,
  moment,
  nothing,
  objectId,
  octetString,
  sequence,
  setOf,
  shortMoment,
  tagged,
  utf8String,
} from "@sluice/aws-protocol/der";

// PKCS#7 signed data (RFC 2315, agent.md §1.7): RSA and SHA-256, with the content and the signer's certificate inside.

const id = {
  data: objectId("1.2.840.113549.1.7.1"),
  signedData: objectId("1.2.840.113549.1.7.2"),
  contentType: objectId("1.2.840.113549.1.9.3"),
  messageDigest: objectId("1.2.840.113549.1.9.4"),
  signingTime: objectId("1.2.840.113549.1.9.5"),
  commonName: objectId("2.5.4.3"),
};
const sha256 = sequence(objectId("2.16.840.1.101.3.4.2.1"), nothing);
const rsa = sequence(objectId("1.2.840.113549.1.1.1"), nothing);
const sha256WithRsa = sequence(objectId("1.2.840.113549.1.1.11"), nothing);
const one = integer(Buffer.from([1]));

/** What the certificate says of a signing key, times in milliseconds since the epoch. */
export interface CertificateOptions {
  readonly subject: string;
  readonly from: number;
  readonly until: number;
}

/** Signs a text, at a time in milliseconds since the epoch: gives PEM. */
export type SignedDataMaker = (text: string, at: number) => Promise<string>;

/** Prepares what all texts that a key signs have in common. */
export function signedDataMaker(key: KeyObject, { subject, from, until }: CertificateOptions): SignedDataMaker {
  const name = sequence(setOf(sequence(id.commonName, utf8String(subject))));
  const certificate = selfSigned(key, { name, validity: sequence(moment(from), moment(until)) });
  const issuerAndSerial = sequence(name, one);
  return async (text, at) => {
    const content = Buffer.from(text);
    const attributes = setOf(
      sequence(id.contentType, setOf(id.data)),
      sequence(id.signingTime, setOf(shortMoment(at))),
      sequence(id.messageDigest, setOf(octetString(createHash("sha256").update(content).digest()))),
    );
    const signature = await promisify(sign)("sha256", attributes, key); // in a thread of its own
    // The signature covers the attributes as a set, whatever tag they carry here (RFC 2315, 9.3).
    const carried = Buffer.concat([Buffer.from([0xa0]), attributes.subarray(1)]);
    const signer = sequence(one, issuerAndSerial, sha256, carried, rsa, octetString(signature));
    const data = sequence(
      one,
      setOf(sha256),
      sequence(id.data, tagged(0xa0, octetString(content))),
      tagged(0xa0, certificate),
      setOf(signer),
    );
    return pem(sequence(id.signedData, tagged(0xa0, data)));
  };
}

/** It carries the key, which hosts know by its hash, and vouches for nothing. */
function selfSigned(key: KeyObject, { name, validity }: { readonly name: Buffer; readonly validity: Buffer }): Buffer {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const version3 = tagged(0xa0, integer(Buffer.from([2])));
  const unsigned = sequence(version3, one, sha256WithRsa, name, validity, name, publicKey);
  return sequence(unsigned, sha256WithRsa, bitString(sign("sha256", unsigned, key)));
}

const pem = (der: Buffer): string =>
  `-----BEGIN PKCS7-----\n${(der.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END PKCS7-----\n`;
