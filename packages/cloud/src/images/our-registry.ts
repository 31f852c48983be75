import { hostname, networkInterfaces } from "node:os";
import { awsRegistryHost } from "../service/ecr/index.ts";

/** Where this house's registry answers. */
export interface RegistryPlace {
  readonly region: string;
  readonly accountId: string;
  readonly port: () => number;
}

/** Whether the host of an image's name leads to this house: by its name on AWS, or by one of this machine at our own port. */
export function isOurRegistry(place: RegistryPlace, host: string | undefined): boolean {
  if (host === undefined) return false;
  if (host === awsRegistryHost(place)) return true;
  const suffix = `:${place.port()}`;
  return host.endsWith(suffix) && ownNames().has(host.slice(0, -suffix.length).toLowerCase());
}

function ownNames(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address));
  const own = addresses.map((address) => (address.includes(":") ? `[${address}]` : address));
  return new Set(["localhost", "127.0.0.1", "[::1]", hostname().toLowerCase(), ...own]);
}
