import { type Access, resourceTags } from "@sluice/aws-protocol";
import type { Ec2Context } from "../context.ts";
import type { KeptTag } from "../filters.ts";
import { allGroups } from "../network/security-group.ts";

// The resources of requests as policies name them: canonical ARNs of what exists, with its tags.

/** Returns the ARN of something in EC2. */
export const arnOf = ({ region, accountId }: Pick<Ec2Context, "region" | "accountId">, path: string): string =>
  `arn:aws:ec2:${region}:${accountId}:${path}`;

/** Returns the access to something by the id, or for a key pair the name, in its ARN. */
export function resourceOf(context: Ec2Context, type: "instance" | "security-group" | "key-pair", id: string): Access {
  if (type === "key-pair") return keyPair(context, context.keyPairs.named(id)[0] ?? { name: id });
  const found =
    type === "instance" ? context.fleet.find(id) : allGroups(context.securityGroups).find((group) => group.id === id);
  return tagged(context, `${type}/${id}`, found?.tags);
}

/** Returns the access to a security group by its id or its name; the id counts where both are given. */
export function groupIn(
  context: Ec2Context,
  { GroupId: id, GroupName: name }: { readonly GroupId?: string | undefined; readonly GroupName?: string | undefined },
): Access {
  const found = allGroups(context.securityGroups).find((group) =>
    id === undefined ? group.name === name : group.id === id,
  );
  return tagged(context, `security-group/${found?.id ?? id ?? "*"}`, found?.tags);
}

/** Returns a launch template by its id or its name. */
export function templateIn(
  context: Ec2Context,
  {
    LaunchTemplateId: id,
    LaunchTemplateName: name,
  }: { readonly LaunchTemplateId?: string | undefined; readonly LaunchTemplateName?: string | undefined },
): Access {
  const { templates } = context;
  const found = id === undefined ? templates.named(name ?? "")[0] : templates.find(id);
  return tagged(context, `launch-template/${found?.id ?? id ?? "*"}`, found?.tags);
}

/** Returns the accesses to every key pair with this id or this name. */
export function keyPairsIn(
  context: Ec2Context,
  { KeyPairId, KeyName }: { readonly KeyPairId?: string | undefined; readonly KeyName?: string | undefined },
): readonly Access[] {
  const found = context.keyPairs.all().filter(({ id, name }) => id === KeyPairId || name === KeyName);
  return (found.length === 0 ? [{ name: KeyName ?? "*" }] : found).map((pair) => keyPair(context, pair));
}

/** Returns the access to anything that can be tagged, by its id. */
export function taggedById(context: Ec2Context, id: string): Access {
  const pair = context.keyPairs.find(id);
  if (pair !== undefined) return keyPair(context, pair);
  if (id.startsWith("i-")) return resourceOf(context, "instance", id);
  if (id.startsWith("sg-")) return resourceOf(context, "security-group", id);
  if (id.startsWith("lt-")) return templateIn(context, { LaunchTemplateId: id });
  return { resource: arnOf(context, `*/${id}`) };
}

/** AWS writes a key pair's name into its ARN; its id is accepted as well. */
function keyPair(
  context: Ec2Context,
  { id, name, tags }: { readonly id?: string; readonly name: string; readonly tags?: readonly KeptTag[] },
): Access {
  const also = id === undefined ? [] : [arnOf(context, `key-pair/${id}`)];
  return { ...tagged(context, `key-pair/${name}`, tags), also };
}

const tagged = (context: Ec2Context, path: string, tags: readonly KeptTag[] = []): Access => ({
  resource: arnOf(context, path),
  context: resourceTags(tags, "ec2:ResourceTag"),
});
