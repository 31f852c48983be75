import type { Configuration } from "../config.ts";
import { isOpenWay } from "../protocol/open-way.ts";

/** Returns warnings for the log about a configuration that lets others become root on this host. */
export function securityWarnings({
  deployControlEndpoint,
  trustedSigners,
  trustStore,
}: Configuration): readonly string[] {
  if (deployControlEndpoint === undefined || trustedSigners !== undefined || trustStore !== undefined) return [];
  if (!isOpenWay(deployControlEndpoint)) return [];
  const { origin } = new URL(deployControlEndpoint);
  return [
    `The way to ${origin} is not encrypted, and neither trusted_signer nor trust_store says whose deployments this host carries out: whoever is on the way can run what they like here as the agent's user. Use https, or set trusted_signer`,
  ];
}
