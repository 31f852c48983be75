import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import {
  bitString,
  integer,
  moment,
  objectId,
  octetString,
  sequence,
  setOf,
  tagged,
  utf8String,
  yes,
} from "@sluice/aws-protocol/der";

/** What a certificate says. */
interface CertificateOptions {
  /** Its common name. */
  readonly subject: string;
  /** The host names and addresses that it is for; absent on the authority's own. */
  readonly hosts?: readonly string[] | undefined;
  /** On an authority's own: the only names and networks that it may vouch for, names with all below them. */
  readonly permitted?: readonly string[] | undefined;
  readonly issuer: { readonly subject: string; readonly privateKey: KeyObject };
  /** The key that it vouches for; its private form may be given. */
  readonly key: KeyObject;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));

/** Makes an X.509 certificate, in PEM. */
export function makeCertificate(options: CertificateOptions): string {
  const { subject, issuer, key, from, until } = options;
  const publicKey = (key.type === "private" ? createPublicKey(key) : key).export({ type: "spki", format: "der" });
  const unsigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    name(issuer.subject),
    sequence(moment(from), moment(until)),
    name(subject),
    publicKey,
    tagged(0xa3, sequence(...extensions(options, publicKey))),
  );
  const signature = sign("sha256", unsigned, issuer.privateKey);
  const der = sequence(unsigned, ecdsaWithSha256, bitString(signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const name = (text: string) => sequence(setOf(sequence(objectId("2.5.4.3"), utf8String(text))));

function extensions({ hosts, permitted = [], issuer }: CertificateOptions, publicKey: Buffer) {
  const subjectKeyId = extension("2.5.29.14", octetString(keyId(publicKey)));
  if (hosts === undefined)
    return [
      subjectKeyId,
      extension("2.5.29.19", sequence(yes), "critical"), // it may issue others
      extension("2.5.29.15", tagged(0x03, Buffer.from([1, 0x06])), "critical"), // sign certificates and revocations
      ...(permitted.length === 0
        ? []
        : [extension("2.5.29.30", sequence(tagged(0xa0, Buffer.concat(permitted.map(subtree)))), "critical")]),
    ];
  const issuerKey = createPublicKey(issuer.privateKey).export({ type: "spki", format: "der" });
  return [
    subjectKeyId,
    extension("2.5.29.35", sequence(tagged(0x80, keyId(issuerKey)))),
    extension("2.5.29.19", sequence(), "critical"),
    extension("2.5.29.15", tagged(0x03, Buffer.from([7, 0x80])), "critical"), // sign handshakes
    extension("2.5.29.37", sequence(objectId("1.3.6.1.5.5.7.3.1"))), // as a server
    extension("2.5.29.17", sequence(...hosts.map(generalName))),
  ];
}

const extension = (id: string, value: Uint8Array, critical?: "critical") =>
  sequence(objectId(id), ...(critical === undefined ? [] : [yes]), octetString(value));

const generalName = (host: string) =>
  isIP(host) === 0 ? tagged(0x82, Buffer.from(host)) : tagged(0x87, addressBytes(host));

/** Returns a name with all below it, or a network such as `127.0.0.0/8`. */
function subtree(name: string): Buffer {
  const [address = "", bits] = name.split("/");
  if (isIP(address) === 0) return sequence(tagged(0x82, Buffer.from(name)));
  const bytes = addressBytes(address);
  const ones = bits === undefined ? bytes.length * 8 : Number(bits);
  const mask = bytes.map((_, at) => 0xff & (0xff00 >> Math.min(8, Math.max(0, ones - at * 8))));
  return sequence(tagged(0x87, Buffer.concat([bytes, mask])));
}

/** Returns the four or sixteen bytes of an IP address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [front = [], back = []] = address.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  return Buffer.from([...front, ...zeros, ...back].map((group) => group.padStart(4, "0")).join(""), "hex");
}

const keyId = (publicKey: Buffer) => createHash("sha1").update(publicKey).digest();
