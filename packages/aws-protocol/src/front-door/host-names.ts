import { isIP } from "node:net";

/** Names that nobody else can let lead here: this machine's own, and AWS's, under which instances and clients find its services. */
const fixedNames = /(^|\.)localhost$|\.amazonaws\.com(\.cn)?$/;

/**
 * Returns whether a Host header names this server: a name of this machine or of AWS, one of `names`, or the very address
 * at which the connection has arrived (`localAddress`; absent when it has not come over TCP). Any other name may have
 * been made to lead here by a page that a browser shows (DNS rebinding), which would then be this server's own page.
 */
export function hostNames(names: readonly string[]): (host: string | undefined, localAddress?: string) => boolean {
  const further = new Set(names.map((name) => name.toLowerCase()));
  return (host = "", localAddress) => {
    const name = hostnameOf(host);
    if (name === undefined) return false;
    if (further.has(name) || further.has(`*${name.slice(name.indexOf("."))}`)) return true;
    if (isIP(name) === 0) return fixedNames.test(name);
    return localAddress === undefined || name === plainAddress(localAddress) || isLoopback(name);
  };
}

/** The lower-case name or address in a Host header, without its port and without brackets. Undefined for what is none. */
function hostnameOf(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}))(?::\d{1,5})?$/i.exec(host) ?? [];
  if (bracketed !== undefined && isIP(bracketed) === 0) return undefined;
  return (bracketed ?? plain)?.toLowerCase();
}

/** An address without the form that IPv6 sockets give to those of IPv4. */
const plainAddress = (address: string): string => address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");

/** Whether an address is this machine's own, which nobody else can reach or lead to. */
export function isLoopback(address: string | undefined): boolean {
  const plain = plainAddress(address ?? "");
  return plain === "::1" || (isIP(plain) === 4 && plain.startsWith("127."));
}
