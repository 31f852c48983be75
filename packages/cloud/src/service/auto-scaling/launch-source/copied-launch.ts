import type { AutoScalingContext } from "../context.ts";
import type { Group } from "../model/group.ts";

/** Returns what a group launches that is created from an instance, and where, or undefined when there is no such instance. */
export function copiedLaunch(
  { ec2 }: Pick<AutoScalingContext, "ec2">,
  instanceId: string | undefined,
): Pick<Group, "launch" | "subnetIds"> | undefined {
  const record = instanceId === undefined ? undefined : ec2.fleet.find(instanceId);
  if (record === undefined) return undefined;
  const { imageId, instanceType, keyName, userData, securityGroupIds, instanceProfile, subnetId } = record;
  const data = {
    ImageId: imageId,
    InstanceType: instanceType as "t3.micro", // the SDK's type is an enum of its day
    KeyName: keyName,
    UserData: userData,
    SecurityGroupIds: securityGroupIds === undefined ? undefined : [...securityGroupIds],
    IamInstanceProfile: instanceProfile === undefined ? undefined : { Name: instanceProfile },
  };
  return { launch: { kind: "configuration", name: `copy-of-${record.id}`, data }, subnetIds: [subnetId] };
}
