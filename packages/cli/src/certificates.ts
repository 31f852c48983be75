import { networkInterfaces, hostname as machineName } from "node:os";
import { Authority } from "@sluice/cloud";
import type { Configuration } from "./config.ts";

/** The certificate of the one port, and where clients find whom to trust for it; undefined unless HTTPS is asked for. */
export function certificateOf({ tls, tlsNames, dataFolder, hostname }: Configuration, clock: () => number) {
  if (!tls) return undefined;
  const authority = Authority.open(dataFolder, clock);
  const { key, cert } = authority.certificateFor([...new Set([...namesOf(hostname), ...tlsNames])]);
  return { key, cert, caBundle: authority.certificateFile, authority: authority.certificate };
}

/** Every name that a client may use for a server that listens on an address. */
function namesOf(hostname: string): readonly string[] {
  const isEverywhere = hostname === "0.0.0.0" || hostname === "::";
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
  // The zone of a link-local address is this machine's word for it, and in no certificate.
  const outside = isEverywhere ? addresses.filter((address) => !address.includes("%")) : [hostname];
  return [...new Set(["localhost", "127.0.0.1", "::1", machineName(), ...outside])];
}
