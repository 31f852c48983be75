import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../random.ts";

/** Checks a name of a load balancer or target group: AWS's rule is the same for both. */
export function checkName(what: "Load balancer" | "Target group", name: string): void {
  if (name.length > 32)
    throw new Fault("ValidationError", `${what} name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw new Fault(
      "ValidationError",
      `${what} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  if (name.startsWith("-") || name.endsWith("-"))
    throw new Fault("ValidationError", `${what} name '${name}' cannot begin or end with a hyphen(-)`);
  if (what === "Load balancer" && name.startsWith("internal-"))
    throw new Fault("ValidationError", `${what} name '${name}' cannot begin with 'internal-'`);
}

/** Checks a port, and returns it. */
export function checkedPort(port: number | undefined): number {
  if (port === undefined) throw new Fault("ValidationError", "A port must be specified");
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Fault("ValidationError", `Port '${port}' must be between '1' and '65535'`);
  return port;
}

/** Returns the last part of an ARN of Elastic Load Balancing. */
export function newArnSuffix(): string {
  return randomHex(8);
}

interface Account {
  readonly region: string;
  readonly accountId: string;
}

/** Returns an ARN of Elastic Load Balancing. */
export function arnOf({ region, accountId }: Account, path: string): string {
  return `arn:aws:elasticloadbalancing:${region}:${accountId}:${path}`;
}

/** What follows the kind of resource in an ARN, such as `app/web/50dc6c495c0c9188`. */
export function pathOf(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

/** Returns one page of a list. Throws a Fault when the marker is none of ours. */
export function page<Item>(
  items: readonly Item[],
  { Marker, PageSize = pageSizeMax }: { readonly Marker?: string | undefined; readonly PageSize?: number | undefined },
): { readonly items: readonly Item[]; readonly next: { readonly NextMarker?: string } } {
  const start = Marker === undefined ? 0 : Number(Marker);
  if (!Number.isInteger(start) || start < 0) throw new Fault("ValidationError", `Marker '${Marker}' is not valid`);
  if (!Number.isInteger(PageSize) || PageSize < 1 || PageSize > pageSizeMax)
    throw new Fault("ValidationError", `Page size '${PageSize}' must be between '1' and '${pageSizeMax}'`);
  const end = start + PageSize;
  return { items: items.slice(start, end), next: end < items.length ? { NextMarker: String(end) } : {} };
}

/** AWS's own limit. */
const pageSizeMax = 400;
