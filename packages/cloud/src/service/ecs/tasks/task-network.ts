import type { NetworkConfiguration } from "@aws-sdk/client-ecs";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../random.ts";
import { findGroup, freeAddress, subnetOf, vpc } from "../../ec2/index.ts";
import type { EcsContext } from "../context.ts";
import { invalid } from "../names.ts";
import type { TaskNetwork } from "./task.ts";

/** Subnets and security groups of one configuration: ECS's own limits. */
const subnetsMax = 16;
const groupsMax = 5;

/** Where tasks are to have their addresses, checked: every subnet and security group is there. A Fault otherwise. */
export function checkedNetwork(
  { ec2 }: Pick<EcsContext, "ec2">,
  configuration: NetworkConfiguration | undefined,
): NetworkConfiguration {
  const { subnets = [], securityGroups = [] } = configuration?.awsvpcConfiguration ?? {};
  if (configuration?.awsvpcConfiguration === undefined)
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if (subnets.length === 0) throw invalid("subnets can not be empty.");
  if (subnets.length > subnetsMax) throw invalid(`subnets can have at most ${subnetsMax} items.`);
  if (securityGroups.length > groupsMax) throw invalid(`securityGroups can have at most ${groupsMax} items.`);
  for (const id of subnets) retold(`Error retrieving subnet information for [${id}]`, () => subnetOf(id));
  for (const id of securityGroups)
    retold(`Error retrieving security group information for [${id}]`, () => findGroup(ec2.securityGroups, { id }));
  return configuration;
}

/** EC2's own words in an answer of ECS's. */
function retold(what: string, ask: () => unknown): void {
  try {
    ask();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw invalid(`${what}: ${error.message} (ErrorCode: ${error.code})`);
  }
}

/** A network interface for a task, in the subnet that has the fewest of `others`. */
export function newNetwork(
  { ec2, region }: Pick<EcsContext, "ec2" | "region">,
  configuration: NetworkConfiguration,
  others: readonly TaskNetwork[],
): TaskNetwork {
  const { subnets = [], securityGroups = [] } = configuration.awsvpcConfiguration ?? {};
  const inSubnet = (id: string) => others.filter(({ subnetId }) => subnetId === id).length;
  const [chosen] = subnets.toSorted((one, other) => inSubnet(one) - inSubnet(other));
  const subnet = subnetOf(chosen);
  const id = randomHex(16);
  return {
    address: freeAddress(subnet, ec2.addresses.taken()),
    subnetId: subnet.id,
    zone: `${region}${subnet.zone}`,
    securityGroups: securityGroups.length === 0 ? [vpc.securityGroup] : securityGroups,
    interfaceId: `eni-0${randomHex(8)}`,
    attachmentId: [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join("-"),
    mac: `02:${(randomHex(5).match(/../g) ?? []).join(":")}`,
  };
}
