import type { IpPermission } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../random.ts";
import type { Ec2Context, Ec2Operations } from "../context.ts";
import { matching } from "../filters.ts";
import { vpc } from "./network.ts";
import { pageOf } from "../pagination.ts";
import { tagsFor } from "../tags/resource-tags.ts";
import {
  allGroups,
  describeGroup,
  describeRule,
  findGroup,
  isSameRule,
  type Rule,
  type SecurityGroup,
} from "./security-group.ts";

/** Operations on security groups. */
export const securityGroupOperations: Ec2Operations = {
  CreateSecurityGroup(
    context,
    { GroupName: name = "", Description: description = "", VpcId = vpc.id, TagSpecifications },
  ) {
    if (name === "" || name.length > 255 || name.startsWith("sg-"))
      throw new Fault(
        "InvalidParameterValue",
        `Invalid value '${name.slice(0, 255)}' for groupName: it must have 1 to 255 characters and not begin with sg-`,
      );
    if (description === "")
      throw new Fault("MissingParameter", "The request must contain the parameter GroupDescription");
    if (VpcId !== vpc.id) throw new Fault("InvalidVpcID.NotFound", `The vpc ID '${VpcId}' does not exist`);
    if (allGroups(context.securityGroups).some((group) => group.name === name))
      throw new Fault("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpc.id}'`);
    const anywhere: Rule = { id: ruleId(), isEgress: true, protocol: "-1", source: { kind: "ipv4", id: "0.0.0.0/0" } };
    const group = {
      id: `sg-0${randomHex(8)}`,
      name,
      description,
      rules: [anywhere],
      tags: tagsFor("security-group", TagSpecifications),
    };
    context.securityGroups.put(group.id, group);
    return { GroupId: group.id, Tags: [...group.tags] };
  },

  async DeleteSecurityGroup(context, { GroupId, GroupName }) {
    const group = findGroup(context.securityGroups, { id: GroupId, name: GroupName });
    if (group.id === vpc.securityGroup)
      throw new Fault("CannotDelete", `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
    const users = (await context.fleet.all()).filter(({ state }) => state !== "terminated");
    if (users.some(({ securityGroupIds = [] }) => securityGroupIds.includes(group.id)))
      throw new Fault("DependencyViolation", `resource ${group.id} has a dependent object`);
    context.securityGroups.delete(group.id);
    return { Return: true, GroupId: group.id };
  },

  DescribeSecurityGroups({ securityGroups, accountId }, input) {
    const { GroupIds = [], GroupNames = [], Filters = [] } = input;
    const named = [
      ...GroupIds.map((id) => findGroup(securityGroups, { id })),
      ...GroupNames.map((name) => findGroup(securityGroups, { name })),
    ];
    const all = GroupIds.length + GroupNames.length === 0 ? allGroups(securityGroups) : named;
    const fields = {
      "group-id": ({ id }: SecurityGroup) => [id],
      "group-name": ({ name }: SecurityGroup) => [name],
      description: ({ description }: SecurityGroup) => [description],
      "vpc-id": () => [vpc.id],
      "owner-id": () => [accountId],
    };
    const { items, next } = pageOf(matching(all, Filters, { fields, tagsOf: ({ tags }) => tags }), input);
    return { SecurityGroups: items.map((group) => describeGroup(group, accountId)), NextToken: next };
  },

  DescribeSecurityGroupRules({ securityGroups, accountId }, input) {
    const all = allGroups(securityGroups).flatMap((group) => group.rules.map((rule) => ({ id: rule.id, group, rule })));
    const wanted = input.SecurityGroupRuleIds ?? [];
    const fields = {
      "group-id": ({ group }: (typeof all)[number]) => [group.id],
      "security-group-rule-id": ({ id }: (typeof all)[number]) => [id],
    };
    const found = matching(all, input.Filters ?? [], { fields }).filter(
      ({ id }) => wanted.length === 0 || wanted.includes(id),
    );
    const { items, next } = pageOf(found, input);
    return {
      SecurityGroupRules: items.map(({ group, rule }) => describeRule(group.id, rule, accountId)),
      NextToken: next,
    };
  },

  AuthorizeSecurityGroupIngress: (context, input) => authorize(context, input, false),
  AuthorizeSecurityGroupEgress: (context, input) => authorize(context, input, true),
  RevokeSecurityGroupIngress: (context, input) => revoke(context, input, false),
  RevokeSecurityGroupEgress: (context, input) => revoke(context, input, true),
};

interface RuleInput extends IpPermission {
  readonly GroupId?: string | undefined;
  readonly GroupName?: string | undefined;
  readonly IpPermissions?: IpPermission[] | undefined;
  readonly CidrIp?: string | undefined;
  readonly SecurityGroupRuleIds?: string[] | undefined;
}

function authorize({ securityGroups, accountId }: Ec2Context, input: RuleInput, isEgress: boolean) {
  const group = findGroup(securityGroups, { id: input.GroupId, name: input.GroupName });
  const added = rulesOf(input, isEgress).map((rule): Rule => ({ ...rule, id: ruleId() }));
  const double = added.find((rule) => group.rules.some((kept) => isSameRule(kept, rule)));
  if (double !== undefined)
    throw new Fault(
      "InvalidPermission.Duplicate",
      `the specified rule "peer: ${double.source.id}, ${double.protocol}, from port: ${double.from ?? -1}, to port: ${double.to ?? -1}, ALLOW" already exists`,
    );
  securityGroups.put(group.id, { ...group, rules: [...group.rules, ...added] });
  return { Return: true, SecurityGroupRules: added.map((rule) => describeRule(group.id, rule, accountId)) };
}

function revoke({ securityGroups }: Ec2Context, input: RuleInput, isEgress: boolean) {
  const group = findGroup(securityGroups, { id: input.GroupId, name: input.GroupName });
  const { SecurityGroupRuleIds: ids = [] } = input;
  const named = ids.length > 0 ? [] : rulesOf(input, isEgress);
  const isRevoked = (rule: Rule) => ids.includes(rule.id) || named.some((wanted) => isSameRule(rule, wanted));
  const left = group.rules.filter((rule) => !isRevoked(rule));
  if (left.length === group.rules.length)
    throw new Fault("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  securityGroups.put(group.id, { ...group, rules: left });
  return { Return: true };
}

/** Returns the rules of a request, which has them in a list or, in the old form, a single one in its own members. */
function rulesOf(input: RuleInput, isEgress: boolean): readonly Omit<Rule, "id">[] {
  const single = input.CidrIp === undefined ? [] : [{ ...input, IpRanges: [{ CidrIp: input.CidrIp }] }];
  const rules = (input.IpPermissions ?? single).flatMap((permission) => {
    const { IpProtocol: protocol = "", FromPort, ToPort } = permission;
    if (protocol === "") throw new Fault("MissingParameter", "The request must contain the parameter ipProtocol");
    const ports = protocol === "-1" ? {} : { from: portOf(FromPort), to: portOf(ToPort) };
    return sourcesOf(permission).map(({ Description, ...source }) => ({
      isEgress,
      protocol,
      ...ports,
      source,
      description: Description,
    }));
  });
  if (rules.length === 0)
    throw new Fault("MissingParameter", "The request must contain the parameter ipPermissions with a source");
  return rules;
}

function sourcesOf({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] }: IpPermission) {
  return [
    ...IpRanges.map(({ CidrIp = "", Description }) => ({ kind: "ipv4" as const, id: cidr(CidrIp), Description })),
    ...Ipv6Ranges.map(({ CidrIpv6 = "", Description }) => ({ kind: "ipv6" as const, id: CidrIpv6, Description })),
    ...PrefixListIds.map(({ PrefixListId = "", Description }) => ({
      kind: "prefix-list" as const,
      id: PrefixListId,
      Description,
    })),
    ...UserIdGroupPairs.map(({ GroupId = "", Description }) => ({ kind: "group" as const, id: GroupId, Description })),
  ];
}

function cidr(text: string): string {
  if (/^(\d{1,3}\.){3}\d{1,3}\/([0-9]|[12][0-9]|3[0-2])$/.test(text)) return text;
  throw new Fault("InvalidParameterValue", `CIDR block ${text.slice(0, 64)} is malformed`);
}

function portOf(port: number | undefined): number {
  if (port !== undefined && port >= -1 && port <= 65_535) return port;
  throw new Fault(
    "InvalidParameterValue",
    `Invalid value '${port}' for portRange: it must be a number from -1 to 65535`,
  );
}

const ruleId = () => `sgr-0${randomHex(8)}`;
