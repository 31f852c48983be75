import { networkInterfaces, hostname as machineName } from "node:os";
import { Authority } from "@sluice/cloud";
import type { Configuration } from "./config.ts";

/** Returns the certificate of the one port, and the file of the authority that clients must trust; undefined unless HTTPS is asked for. */
export function certificateOf(configuration: Configuration, clock: () => number) {
  const { tls, tlsOnly, tlsNames, dataFolder, hostname, region } = configuration;
  if (!tls && !tlsOnly) return undefined;
  const names = [...new Set([...namesOf(hostname), ...below(region), ...tlsNames])];
  const authority = Authority.open(dataFolder, clock, names);
  const { key, cert } = authority.certificateFor(names);
  return { key, cert, isRequired: tlsOnly, caBundle: authority.certificateFile, authority: authority.certificate };
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
