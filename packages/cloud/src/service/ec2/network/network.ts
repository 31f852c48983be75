import { Fault } from "@sluice/aws-protocol";

// The default network that every account has: one VPC, a subnet in each of three zones.

/** The default VPC. */
export const vpc = {
  id: "vpc-00000000000000001",
  cidr: "172.31.0.0/16",
  securityGroup: "sg-00000000000000001",
} as const;

/** A subnet of the default VPC. */
export interface Subnet {
  readonly id: string;
  readonly zone: "a" | "b" | "c";
  /** The third number of its first address; a subnet has sixteen of them. */
  readonly third: number;
}

/** The default subnets. */
export const subnets: readonly Subnet[] = [
  { id: "subnet-0000000000000000a", zone: "a", third: 0 },
  { id: "subnet-0000000000000000b", zone: "b", third: 16 },
  { id: "subnet-0000000000000000c", zone: "c", third: 32 },
];

/** Returns the subnet of an id, or the first one when none is named; throws a Fault when there is none. */
export function subnetOf(id: string | undefined): Subnet {
  const [first] = subnets;
  const found = id === undefined ? first : subnets.find((subnet) => subnet.id === id);
  if (found === undefined) throw new Fault("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
  return found;
}

/** Returns the lowest free address of a subnet; AWS keeps the first four, and the first 256 of the first subnet are the gateway's neighbours. Throws a Fault when none is left. */
export function freeAddress({ third }: Subnet, taken: ReadonlySet<string>): string {
  for (let number = third === 0 ? 256 : 4; number < 16 * 256 - 1; number += 1) {
    const last = number % 256;
    if (last === 0 || last === 255) continue;
    const address = `172.31.${third + Math.trunc(number / 256)}.${last}`;
    if (!taken.has(address)) return address;
  }
  throw new Fault(
    "InsufficientFreeAddressesInSubnet",
    "There are not enough free addresses in the subnet to satisfy the requested number of instances.",
  );
}
