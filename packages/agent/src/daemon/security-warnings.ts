import type { Configuration } from "../config.ts";

/** What somebody who reads the log ought to know of a configuration: who could become root on this host by it. */
export function securityWarnings({
  deployControlEndpoint,
  trustedSigner,
  trustStore,
}: Configuration): readonly string[] {
  if (deployControlEndpoint === undefined || trustedSigner !== undefined || trustStore !== undefined) return [];
  const { protocol, origin, hostname } = new URL(deployControlEndpoint);
  if (protocol === "https:" || isLoopback(hostname)) return [];
  return [
    `The way to ${origin} is not encrypted, and neither trusted_signer nor trust_store says whose deployments this host carries out: whoever is on the way can run what they like here as the agent's user. Use https, or set trusted_signer`,
  ];
}

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  /^127(\.\d+){3}$/.test(hostname);
