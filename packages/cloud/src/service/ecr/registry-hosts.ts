import type { EcrContext } from "./context.ts";

type Account = Pick<EcrContext, "region" | "accountId">;

/** The registry's host on AWS; within the local cloud the name leads here. */
export const awsRegistryHost = ({ region, accountId }: Account): string =>
  `${accountId}.dkr.ecr.${region}.amazonaws.com`;

/** The registry's host as somebody must name it who has reached us by this endpoint: clients of registries take it from the image's name, and it must lead back here. */
export function registryHostOf(account: Account, endpoint: string): string {
  const { host, hostname } = new URL(endpoint);
  return hostname.endsWith(".amazonaws.com") ? awsRegistryHost(account) : host;
}
