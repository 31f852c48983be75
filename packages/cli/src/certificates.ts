import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { networkInterfaces, hostname as machineName } from "node:os";
import { Authority } from "@sluice/cloud";
import type { Configuration } from "./config.ts";

/** The certificate of the one port, in PEM. */
interface PortCertificate {
  readonly key: string;
  readonly cert: string;
  readonly isRequired: boolean;
  /** The file of the authority that clients must trust, and that authority; absent for a certificate of the operator's own. */
  readonly caBundle?: string | undefined;
  readonly authority?: string | undefined;
}

/** Returns the certificate of the one port; undefined unless HTTPS is asked for. Throws one clear sentence when the operator's own cannot be used. */
export function certificateOf(configuration: Configuration, clock: () => number): PortCertificate | undefined {
  const { tls, tlsOnly, tlsNames, tlsCertificate, tlsKey, dataFolder, hostname, region } = configuration;
  if ((tlsCertificate === undefined) !== (tlsKey === undefined))
    throw new Error("Cannot use a certificate of your own: --tls-certificate and --tls-key are given together");
  if (tlsCertificate !== undefined && tlsKey !== undefined)
    return { ...ownCertificate(tlsCertificate, tlsKey, clock), isRequired: tlsOnly };
  if (!tls && !tlsOnly) return undefined;
  const names = [...new Set([...namesOf(hostname), ...below(region), ...tlsNames])];
  const authority = Authority.open(dataFolder, clock, names);
  const { key, cert } = authority.certificateFor(names);
  return { key, cert, isRequired: tlsOnly, caBundle: authority.certificateFile, authority: authority.certificate };
}

/** Reads a certificate, which may have those of its issuers after it, and its key. */
function ownCertificate(certificateFile: string, keyFile: string, clock: () => number): { key: string; cert: string } {
  const read = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw new Error(`Cannot read "${file}" for the certificate of the port`, { cause });
    }
  };
  const [cert, key] = [read(certificateFile), read(keyFile)];
  const parsed = parse("a certificate in PEM", certificateFile, () => new X509Certificate(cert));
  const privateKey = parse("a private key in PEM without a passphrase", keyFile, () => createPrivateKey(key));
  if (!parsed.checkPrivateKey(privateKey))
    throw new Error(`Cannot use "${keyFile}": it is not the key of the certificate in "${certificateFile}"`);
  if (clock() > parsed.validToDate.getTime())
    throw new Error(`Cannot use the certificate in "${certificateFile}": it was valid until ${parsed.validTo}`);
  return { cert, key };
}

function parse<Result>(expected: string, file: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    // What OpenSSL says of the contents stays out of the message.
    throw new Error(`Cannot use "${file}": expected ${expected}`, { cause });
  }
}

/** Where buckets and functions have host names of their own. */
const below = (region: string): readonly string[] => [
  "*.s3.localhost",
  `*.s3.${region}.localhost`,
  `*.lambda-url.${region}.localhost`,
];

/** Every name that a client may use for a server that listens on an address. */
function namesOf(hostname: string): readonly string[] {
  const isEverywhere = hostname === "0.0.0.0" || hostname === "::";
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
  // The zone of a link-local address is this machine's word for it, and in no certificate.
  const outside = isEverywhere ? addresses.filter((address) => !address.includes("%")) : [hostname];
  return [...new Set(["localhost", "127.0.0.1", "::1", machineName(), ...outside])];
}
