import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { type Access, Fault, requestTags, type Tags } from "@sluice/aws-protocol";
import type { Ec2Context } from "../context.ts";
import { imageOf } from "../images.ts";
import { type InstanceProfiles, profileNameOf } from "../instances/instance-profiles.ts";
import { subnets, vpc } from "../network/network.ts";
import { resolvedImage, withTemplate } from "../instances/run-instances.ts";
import { allGroups } from "../network/security-group.ts";
import { arnOf, resourceOf, templateIn } from "../tags/resource-arns.ts";

/** The members of a request or a template that name an instance profile. */
export interface NamesProfile {
  readonly IamInstanceProfile?: { readonly Name?: string | undefined; readonly Arn?: string | undefined } | undefined;
}

/** A caller that gives instances a role must be allowed to pass it. A profile that does not exist, or has no role yet, may get any role, so it needs leave for all. */
export function passRoleAccesses(
  profiles: InstanceProfiles,
  { IamInstanceProfile: { Name, Arn } = {} }: NamesProfile,
): readonly Access[] {
  if (Name === undefined && Arn === undefined) return [];
  const role = profiles.find(Name ?? profileNameOf(Arn ?? "") ?? "")?.roleArn;
  const context = { "iam:PassedToService": "ec2.amazonaws.com" };
  return [{ action: "iam:PassRole", resource: role, context }];
}

/** What a launch touches, with what its launch template adds: the image, the instances with what they come with, and their network; and it passes a role. */
export function launchAccesses(context: Ec2Context, request: RunInstancesCommandInput): readonly Access[] {
  const input = filledIn(context, request);
  const tagsOf = (type: string): Tags =>
    (input.TagSpecifications ?? [])
      .filter(({ ResourceType }) => ResourceType === type)
      .flatMap(({ Tags = [] }) => Tags);
  const about = { "ec2:InstanceType": input.InstanceType ?? "m1.small", "ec2:Region": context.region };
  const fresh = (["instance", "network-interface", "volume"] as const).map((type): Access => ({
    action: "ec2:RunInstances",
    resource: arnOf(context, `${type}/*`),
    context: { ...about, ...requestTags(tagsOf(type)) },
  }));
  const used = usedBy(context, input).map((access): Access => ({
    ...access,
    action: "ec2:RunInstances",
    context: { ...about, ...access.context },
  }));
  return [
    ...fresh,
    ...used,
    ...createTagsAccesses(context, "RunInstances", input.TagSpecifications),
    ...passRoleAccesses(context.profiles, input),
  ];
}

/** Tags that are set on creation need CreateTags, too: a Deny of it counts. */
export function createTagsAccesses(
  context: Ec2Context,
  operation: string,
  specifications: RunInstancesCommandInput["TagSpecifications"] = [],
): readonly Access[] {
  return specifications.map(({ ResourceType = "*", Tags = [] }) => ({
    action: "ec2:CreateTags",
    resource: arnOf(context, `${ResourceType}/*`),
    context: { ...requestTags(Tags), "ec2:CreateAction": operation },
    isOpen: true,
  }));
}

/** The existing things that a launch uses. */
function usedBy(context: Ec2Context, input: RunInstancesCommandInput): readonly Access[] {
  const { ImageId, KeyName, LaunchTemplate } = input;
  const [network] = input.NetworkInterfaces ?? [];
  const subnet = input.SubnetId ?? network?.SubnetId ?? subnets[0]?.id ?? "*";
  const groups = groupsOf(context, input);
  const template = LaunchTemplate === undefined ? undefined : templateIn(context, LaunchTemplate);
  return [
    { resource: `arn:aws:ec2:${context.region}::image/${imageIdOf(ImageId)}` },
    { resource: arnOf(context, `subnet/${subnet}`) },
    ...groups.map((id) => resourceOf(context, "security-group", id)),
    ...(KeyName === undefined ? [] : [resourceOf(context, "key-pair", KeyName)]),
    ...(template === undefined ? [] : [template]),
  ];
}

function groupsOf({ securityGroups }: Ec2Context, input: RunInstancesCommandInput): readonly string[] {
  const { SecurityGroupIds = [], SecurityGroups: names = [], NetworkInterfaces = [] } = input;
  const named = names.length === 0 ? [] : allGroups(securityGroups).filter(({ name }) => names.includes(name));
  const ids = [...SecurityGroupIds, ...(NetworkInterfaces[0]?.Groups ?? []), ...named.map(({ id }) => id)];
  return ids.length === 0 ? [vpc.securityGroup] : ids;
}

/** Returns an image's id for its ARN, however a request names the image. A Fault is left to the operation to throw. */
function imageIdOf(named = "*"): string {
  return unlessFault(() => imageOf(resolvedImage(named)).id, named);
}

function filledIn(context: Ec2Context, request: RunInstancesCommandInput): RunInstancesCommandInput {
  return unlessFault(() => withTemplate(context, request).input, request);
}

function unlessFault<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault) return otherwise;
    throw error;
  }
}
