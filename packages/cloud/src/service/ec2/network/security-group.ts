import type { IpPermission, SecurityGroup as Described, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import type { Records } from "../../../store/records.ts";
import type { KeptTag } from "../filters.ts";
import { vpc } from "./network.ts";

/** A security group as it is stored. Its rules are described but not enforced: instances here reach each other freely. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly rules: readonly Rule[];
  readonly tags: readonly KeptTag[];
}

/** One rule: one range of ports for one source. */
export interface Rule {
  readonly id: string;
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** A range of addresses, a prefix list or another group. */
  readonly source: { readonly kind: "ipv4" | "ipv6" | "prefix-list" | "group"; readonly id: string };
  readonly description?: string | undefined;
}

/** The group that every VPC begins with. */
const defaultGroup: SecurityGroup = {
  id: vpc.securityGroup,
  name: "default",
  description: "default VPC security group",
  rules: [],
  tags: [],
};

/** Returns all security groups. */
export function allGroups(groups: Records<SecurityGroup>): readonly SecurityGroup[] {
  const kept = groups.all();
  return kept.some(({ id }) => id === defaultGroup.id) ? kept : [defaultGroup, ...kept];
}

/** Returns the group of an id or, in the default VPC, of a name. Throws a Fault when there is none. */
export function findGroup(
  groups: Records<SecurityGroup>,
  { id, name }: { id?: string | undefined; name?: string | undefined },
): SecurityGroup {
  const found = allGroups(groups).find((group) => (id === undefined ? group.name === name : group.id === id));
  if (found !== undefined) return found;
  if (id === undefined && name === undefined)
    throw new Fault("MissingParameter", "The request must contain the parameter GroupName or GroupId");
  if (id !== undefined && !/^sg-[0-9a-f]{8,17}$/.test(id))
    throw new Fault("InvalidGroupId.Malformed", `Invalid id: "${id}"`);
  throw new Fault("InvalidGroup.NotFound", `The security group '${id ?? name}' does not exist`);
}

/** Whether two rules mean the same. */
export const isSameRule = (one: Omit<Rule, "id">, other: Omit<Rule, "id">): boolean =>
  one.isEgress === other.isEgress &&
  one.protocol === other.protocol &&
  one.from === other.from &&
  one.to === other.to &&
  one.source.kind === other.source.kind &&
  one.source.id === other.source.id;

/** Returns a group as EC2 describes it. */
export function describeGroup({ id, name, description, rules, tags }: SecurityGroup, accountId: string): Described {
  return {
    GroupId: id,
    GroupName: name,
    Description: description,
    VpcId: vpc.id,
    OwnerId: accountId,
    IpPermissions: rules.filter(({ isEgress }) => !isEgress).map((rule) => permissionOf(rule, accountId)),
    IpPermissionsEgress: rules.filter(({ isEgress }) => isEgress).map((rule) => permissionOf(rule, accountId)),
    Tags: [...tags],
  };
}

function permissionOf({ protocol, from, to, source, description }: Rule, accountId: string): IpPermission {
  const about = { Description: description };
  return {
    IpProtocol: protocol,
    FromPort: from,
    ToPort: to,
    IpRanges: source.kind === "ipv4" ? [{ CidrIp: source.id, ...about }] : [],
    Ipv6Ranges: source.kind === "ipv6" ? [{ CidrIpv6: source.id, ...about }] : [],
    PrefixListIds: source.kind === "prefix-list" ? [{ PrefixListId: source.id, ...about }] : [],
    UserIdGroupPairs: source.kind === "group" ? [{ GroupId: source.id, UserId: accountId, ...about }] : [],
  };
}

/** Returns a rule as EC2 describes it by itself. */
export function describeRule(
  groupId: string,
  { id, isEgress, protocol, from, to, source, description }: Rule,
  accountId: string,
): SecurityGroupRule {
  return {
    SecurityGroupRuleId: id,
    GroupId: groupId,
    GroupOwnerId: accountId,
    IsEgress: isEgress,
    IpProtocol: protocol,
    FromPort: from ?? -1,
    ToPort: to ?? -1,
    CidrIpv4: source.kind === "ipv4" ? source.id : undefined,
    CidrIpv6: source.kind === "ipv6" ? source.id : undefined,
    PrefixListId: source.kind === "prefix-list" ? source.id : undefined,
    ReferencedGroupInfo: source.kind === "group" ? { GroupId: source.id, UserId: accountId } : undefined,
    Description: description,
  };
}
