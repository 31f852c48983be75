import type { Instance, Reservation } from "@aws-sdk/client-ec2";
import type { Ec2Context } from "../context.ts";
import { architecture, rootDevice } from "../images.ts";
import { defaultProfile, profileOfInstance } from "./instance-profiles.ts";
import { hostnameOf, type InstanceRecord, stateCodes } from "./instance-record.ts";
import { vpc } from "../network/network.ts";
import { findGroup } from "../network/security-group.ts";

/** Returns the state of an instance in EC2's form. */
export const stateOf = ({ state }: InstanceRecord) => ({ Code: stateCodes[state], Name: state });

/** Returns a reservation as EC2 describes it. */
export function describeReservation(
  context: Ec2Context,
  ReservationId: string,
  records: readonly InstanceRecord[],
): Reservation {
  return {
    ReservationId,
    OwnerId: context.accountId,
    Groups: [],
    Instances: records.map((record) => describeInstance(context, record)),
  };
}

/** Returns an instance as EC2 describes it. */
export function describeInstance(context: Ec2Context, record: InstanceRecord): Instance {
  const { region } = context;
  const isGone = record.state === "terminated";
  const dns = `${hostnameOf(record.privateIp)}.${region === "us-east-1" ? "ec2" : `${region}.compute`}.internal`;
  return {
    InstanceId: record.id,
    ImageId: record.imageId,
    State: stateOf(record),
    StateReason: record.stateReason,
    StateTransitionReason: record.stateReason?.Message,
    InstanceType: record.instanceType as "t3.micro", // the SDK's type lists the types of its day
    KeyName: record.keyName,
    LaunchTime: new Date(record.launchedAt),
    Placement: { AvailabilityZone: record.availabilityZone, Tenancy: "default", GroupName: "" },
    Monitoring: { State: "disabled" },
    ...(isGone
      ? {}
      : {
          PrivateIpAddress: record.privateIp,
          SubnetId: record.subnetId,
          VpcId: vpc.id,
          SecurityGroups: groupsOf(context, record),
        }),
    PrivateDnsName: isGone ? "" : dns,
    PublicDnsName: "",
    IamInstanceProfile: profileOf(context, record),
    Architecture: architecture,
    RootDeviceType: "ebs",
    RootDeviceName: rootDevice,
    VirtualizationType: "hvm",
    Hypervisor: "xen",
    ClientToken: record.clientToken,
    AmiLaunchIndex: record.launchIndex,
    Tags: [...record.tags],
    SourceDestCheck: true,
    EbsOptimized: false,
  };
}

function groupsOf({ securityGroups }: Ec2Context, { securityGroupIds = [vpc.securityGroup] }: InstanceRecord) {
  return securityGroupIds.map((id) => {
    const { name } = findGroup(securityGroups, { id });
    return { GroupId: id, GroupName: name };
  });
}

function profileOf({ profiles, accountId }: Ec2Context, record: InstanceRecord) {
  const { instanceProfile, instanceProfileId } = record;
  const { arn, id } =
    instanceProfile === undefined
      ? defaultProfile(accountId)
      : // One that was deleted since is still the instance's.
        (profileOfInstance(profiles, record) ?? {
          arn: `arn:aws:iam::${accountId}:instance-profile/${instanceProfile}`,
          id: instanceProfileId ?? "AIPA0000000000000000",
        });
  return { Arn: arn, Id: id };
}
