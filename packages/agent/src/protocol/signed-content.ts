import { createHash, verify, X509Certificate } from "node:crypto";
import { type Asn1, objectIdentifier, octets, readAsn1, tags } from "./der.ts";

const oid = { signedData: "1.2.840.113549.1.7.2", messageDigest: "1.2.840.113549.1.9.4" } as const;

const digests: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

/** Whose specifications this host carries out. Without any member: everybody's with a valid signature, as with the official agents. */
export interface Trust {
  /** The SHA-256 of the signers' public keys, in hex: one, or two while the key is being changed. */
  readonly signers?: readonly string[] | undefined;
  /** Certificates in PEM, of authorities or of signers. The signer's must chain to one of them, and be valid now. */
  readonly authorities?: readonly X509Certificate[] | undefined;
  /** Milliseconds since 1970; by default the time of the host's clock. */
  readonly now?: number | undefined;
}

/** Returns the content of a PKCS#7 envelope in PEM that is signed by a trusted certificate in it (agent.md §1.7). Throws otherwise. */
export function signedContent(pem: string, trust: Trust = {}): string {
  const { content, certificates, signer } = readEnvelope(pem);
  const certificate = certificates.find(({ serialNumber }) => BigInt(`0x${serialNumber}`) === signer.serialNumber);
  if (certificate === undefined) throw distrust("the signer's certificate is not in its envelope");
  if (
    !signer.digestMatches(content) ||
    !verify(signer.digest, signer.signedBytes(content), certificate.publicKey, signer.signature)
  )
    throw distrust("its signature does not match its content");
  judge(certificate, { certificates, trust });
  return content.toString("utf8");
}

const distrust = (why: string): Error => new Error(`Cannot trust the deployment specification: ${why}`);

function judge(
  certificate: X509Certificate,
  { certificates, trust }: { certificates: readonly X509Certificate[]; trust: Trust },
): void {
  const key = certificate.publicKey.export({ type: "spki", format: "der" });
  const signer = createHash("sha256").update(key).digest("hex");
  if (trust.signers !== undefined && !trust.signers.includes(signer))
    throw distrust(
      `its signer is not the one that trusted_signer names (${trust.signers.join(" or ")}) but ${signer}. Somebody may stand between this host and its control plane. If the control plane has got a new data folder, it has a new signer: register this host there anew, or put what sluice register prints behind --signer into the agent's configuration`,
    );
  if (trust.authorities === undefined) return;
  if (!leadsToAuthority(certificate, { certificates, authorities: trust.authorities }))
    throw distrust(`its signer "${subjectOf(certificate)}" is vouched for by no certificate of trust_store`);
  const now = trust.now ?? Date.now();
  if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime())
    throw distrust(
      `the certificate of its signer is valid from ${certificate.validFromDate.toISOString()} to ${certificate.validToDate.toISOString()}`,
    );
}

/** The most certificates between a signer and its authority; real chains have one or two. */
const chainMax = 8;

function leadsToAuthority(
  certificate: X509Certificate,
  given: { certificates: readonly X509Certificate[]; authorities: readonly X509Certificate[] },
  depth = 0,
): boolean {
  if (depth > chainMax) return false;
  const { certificates, authorities } = given;
  if (authorities.some((authority) => authority.raw.equals(certificate.raw) || isIssuedBy(certificate, authority)))
    return true;
  return certificates.some(
    (other) =>
      other !== certificate && other.ca && isIssuedBy(certificate, other) && leadsToAuthority(other, given, depth + 1),
  );
}

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const subjectOf = ({ subject }: X509Certificate): string => subject.replaceAll("\n", ", ");

interface Envelope {
  readonly content: Buffer;
  readonly certificates: readonly X509Certificate[];
  readonly signer: Signer;
}

interface Signer {
  readonly serialNumber: bigint;
  readonly digest: string;
  readonly signature: Buffer;
  readonly signedBytes: (content: Buffer) => Buffer;
  readonly digestMatches: (content: Buffer) => boolean;
}

function readEnvelope(pem: string): Envelope {
  const base64 = /-----BEGIN PKCS7-----([A-Za-z0-9+/=\s]*)-----END PKCS7-----/.exec(pem)?.[1];
  if (base64 === undefined) throw new Error("Could not parse the PKCS7: a PEM text with the label PKCS7 was expected");
  try {
    const [type, wrapped] = readAsn1(Buffer.from(base64, "base64")).parts;
    if (type === undefined || objectIdentifier(type) !== oid.signedData) throw new Error("it holds no signed data");
    const [, , encapsulated, ...rest] = part(wrapped, 0).parts;
    const signers = rest.find(({ tag }) => tag === tags.set);
    return {
      content: octets(part(part(encapsulated, 1), 0)),
      certificates: (rest.find(({ tag }) => tag === tags.context0)?.parts ?? []).map(
        ({ bytes }) => new X509Certificate(bytes),
      ),
      signer: readSigner(part(signers, 0)),
    };
  } catch (cause) {
    throw new Error(`Could not parse the PKCS7: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function readSigner(signer: Asn1): Signer {
  const [, identifier, digestAlgorithm, ...rest] = signer.parts;
  const attributes = rest.find(({ tag }) => tag === tags.context0);
  const signature = rest.find(({ tag }) => tag === tags.octetString);
  const digest = digests[objectIdentifier(part(digestAlgorithm, 0))];
  if (digest === undefined || signature === undefined)
    throw new Error("its digest algorithm is unknown, or its signature missing");
  // The signature covers the attributes encoded as a SET, although their tag in the envelope is another one (RFC 2315, 9.3).
  const signedAttributes = attributes && Buffer.concat([Buffer.from([tags.set]), attributes.bytes.subarray(1)]);
  const messageDigest = attributes && attributeOf(attributes, oid.messageDigest);
  return {
    serialNumber: BigInt(`0x${part(identifier, 1).content.toString("hex") || "0"}`),
    digest,
    signature: signature.content,
    signedBytes: (content) => signedAttributes ?? content,
    digestMatches: (content) =>
      messageDigest === undefined || createHash(digest).update(content).digest().equals(messageDigest),
  };
}

function attributeOf(attributes: Asn1, type: string): Buffer {
  const found = attributes.parts.find((attribute) => objectIdentifier(part(attribute, 0)) === type);
  return part(part(found, 1), 0).content;
}

function part(value: Asn1 | undefined, index: number): Asn1 {
  const found = value?.parts[index];
  if (found === undefined) throw new Error("a part is missing");
  return found;
}
