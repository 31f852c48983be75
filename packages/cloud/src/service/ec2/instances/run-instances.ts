import type { RequestLaunchTemplateData, RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../random.ts";
import type { Ec2Context } from "../context.ts";
import type { KeptTag } from "../filters.ts";
import { amazonLinux, imageOf, publicParameters } from "../images.ts";
import { type InstanceProfile, profileNameOf } from "./instance-profiles.ts";
import type { InstanceRecord } from "./instance-record.ts";
import { findTemplate, versionOf } from "../launch-templates/launch-template.ts";
import { freeAddress, subnetOf, vpc } from "../network/network.ts";
import { tagsFor } from "../tags/resource-tags.ts";
import { findGroup } from "../network/security-group.ts";

/** Instances of one request: a laptop carries some dozens. */
const instancesMax = 100;

/** EC2's own limit of user data before base64, in bytes. */
const userDataBytesMax = 16 * 1024;

/** A reservation: a new one, or that of an earlier request with the same client token. */
interface Reservation {
  readonly reservationId: string;
  readonly created: readonly InstanceRecord[];
}

/** Makes the records of new instances; none when an earlier request with the same client token has made them. `systemTags` are tags that AWS itself sets. */
export function newInstances(
  context: Ec2Context,
  request: RunInstancesCommandInput,
  systemTags: readonly KeptTag[] = [],
): Reservation {
  const { db, addresses } = context;
  const clientToken = request.ClientToken ?? "";
  const earlier =
    clientToken === ""
      ? undefined
      : db.get<{ reservation_id: string }>("SELECT reservation_id FROM client_tokens WHERE token = ?", clientToken);
  if (earlier !== undefined) return { reservationId: earlier.reservation_id, created: [] };

  const { input, templateTags } = withTemplate(context, request);
  const common = settings(context, input);
  if (request.DryRun === true)
    throw new Fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 });
  const subnet = subnetOf(input.SubnetId ?? input.NetworkInterfaces?.[0]?.SubnetId);
  const taken = addresses.taken();
  const reservationId = `r-${randomHex(8).padEnd(17, "0")}`;
  const created = Array.from({ length: input.MaxCount ?? 1 }, (_, launchIndex): InstanceRecord => {
    const privateIp = freeAddress(subnet, taken);
    taken.add(privateIp);
    return {
      id: `i-0${randomHex(8)}`,
      reservationId,
      launchIndex,
      clientToken,
      state: "pending",
      subnetId: subnet.id,
      availabilityZone: `${context.region}${subnet.zone}`,
      privateIp,
      launchedAt: context.clock(),
      ...common,
      tags: [...common.tags, ...templateTags, ...systemTags],
    };
  });
  if (clientToken !== "") db.run("INSERT INTO client_tokens VALUES (?, ?)", clientToken, reservationId);
  return { reservationId, created };
}

/** Returns the request over what its launch template says, if it names one; tags of both are kept. */
export function withTemplate({ templates }: Ec2Context, request: RunInstancesCommandInput) {
  if (request.LaunchTemplate === undefined) return { input: request, templateTags: [] };
  const template = findTemplate(templates, request.LaunchTemplate);
  const version = versionOf(template, request.LaunchTemplate.Version);
  const { Placement: _placement, ...data }: RequestLaunchTemplateData = version.data;
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  const input: RunInstancesCommandInput = {
    ...(data as Omit<RunInstancesCommandInput, "MinCount" | "MaxCount">), // the same members, where they are read here
    ...given,
    MinCount: request.MinCount,
    MaxCount: request.MaxCount,
    TagSpecifications: [...(data.TagSpecifications ?? []), ...(request.TagSpecifications ?? [])],
  };
  const templateTags = [
    { Key: "aws:ec2launchtemplate:id", Value: template.id },
    { Key: "aws:ec2launchtemplate:version", Value: String(version.number) },
  ];
  return { input, templateTags };
}

/** Returns what all instances of a request have in common. Throws a Fault for what is invalid. */
function settings(context: Ec2Context, input: RunInstancesCommandInput) {
  const { ImageId, MinCount = 1, MaxCount = 1, UserData = "", KeyName } = input;
  if (ImageId === undefined) throw new Fault("MissingParameter", "The request must contain the parameter ImageId");
  if (!(MinCount >= 1) || MaxCount < MinCount)
    throw new Fault("InvalidParameterValue", `Invalid counts: at least ${MinCount} and at most ${MaxCount} instances`);
  if (MaxCount > instancesMax)
    throw new Fault(
      "InstanceLimitExceeded",
      `You have requested ${MaxCount} instances, and one request may launch at most ${instancesMax}`,
    );
  checkUserData(UserData);
  if (KeyName !== undefined && context.keyPairs.named(KeyName).length === 0)
    throw new Fault("InvalidKeyPair.NotFound", `The key pair '${KeyName}' does not exist`);
  const profile = profileOf(context, input);
  const groups = groupsOf(context, input);
  return {
    imageId: imageOf(resolvedImage(ImageId)).id,
    instanceType: input.InstanceType ?? "m1.small",
    keyName: KeyName,
    userData: UserData === "" ? undefined : UserData,
    instanceProfile: profile?.name,
    instanceProfileId: profile?.id,
    securityGroupIds: groups.length === 0 ? undefined : groups,
    tags: tagsFor("instance", input.TagSpecifications),
  };
}

/** Returns the id of an image, which a parameter of SSM may name. */
export function resolvedImage(imageId: string): string {
  const parameter = /^resolve:ssm:([^:]+)(?::\d+)?$/.exec(imageId)?.[1];
  return parameter !== undefined && publicParameters.includes(parameter) ? amazonLinux.id : imageId;
}

function profileOf(
  { profiles, accountId }: Ec2Context,
  { IamInstanceProfile }: RunInstancesCommandInput,
): InstanceProfile | undefined {
  const { Name, Arn } = IamInstanceProfile ?? {};
  if (Name === undefined && Arn === undefined) return undefined;
  if (Name !== undefined && Arn !== undefined)
    throw new Fault(
      "InvalidParameterCombination",
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  const found = profiles.find(Name ?? profileNameOf(Arn ?? "") ?? "");
  if (found !== undefined && (Arn === undefined || Arn === found.arn)) return found;
  const what = Name === undefined ? `iamInstanceProfile.arn` : `iamInstanceProfile.name`;
  const hint = Arn === undefined ? "" : `; its ARN would be like arn:aws:iam::${accountId}:instance-profile/NAME`;
  throw new Fault(
    "InvalidParameterValue",
    `Value (${Name ?? Arn}) for parameter ${what} is invalid. Invalid IAM Instance Profile ${Name === undefined ? "ARN" : "name"}${hint}`,
  );
}

function groupsOf({ securityGroups }: Ec2Context, input: RunInstancesCommandInput): readonly string[] {
  const ids = [...(input.SecurityGroupIds ?? []), ...(input.NetworkInterfaces?.[0]?.Groups ?? [])];
  const found = [
    ...ids.map((id) => findGroup(securityGroups, { id })),
    ...(input.SecurityGroups ?? []).map((name) => findGroup(securityGroups, { name })),
  ].map(({ id }) => id);
  return found.length === 1 && found[0] === vpc.securityGroup ? [] : [...new Set(found)];
}

/** Throws a Fault for user data that is no base64, or too long. */
export function checkUserData(userData = ""): void {
  if (!/^[A-Za-z0-9+/=\s]*$/.test(userData))
    throw new Fault("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  if (Buffer.from(userData, "base64").length > userDataBytesMax)
    throw new Fault("InvalidParameterValue", "User data is limited to 16384 bytes");
}
