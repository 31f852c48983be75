import { isLoopback } from "@sluice/aws-protocol";

/** The host of a URL as sockets want it: an IPv6 address stands in brackets in a URL alone. */
export const hostOf = (address: string): string => new URL(address).hostname.replace(/^\[|\]$/g, "");

/** Whether only this machine reaches a URL. */
export function isOnLoopback(address: string): boolean {
  const host = hostOf(address);
  return isLoopback(host) || /(^|\.)localhost$/.test(host);
}

/**
 * Refuses to be a node, or to follow one, at an address where somebody on the way reads and changes what nodes say: only
 * the beginning of their connection is proved, and what comes then is believed. Throws what to do instead.
 */
export function requireSafeWay(address: string, isInsecure = false): void {
  if (isInsecure || address.startsWith("https:") || isOnLoopback(address)) return;
  throw new Error(
    `Cannot talk to other nodes at ${address}: it has no TLS, so that whoever is on the way can make any caller's requests, the administrator's too, and reads what passes. Start all nodes with --tls and --advertise ${address.replace(/^http:/, "https:")}. Where the network between the nodes is yours alone, say --insecure-nodes`,
  );
}
