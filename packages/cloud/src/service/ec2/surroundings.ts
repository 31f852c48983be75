import { Fault } from "@sluice/aws-protocol";
import type { Ec2Operations } from "./context.ts";
import { image, subnets, vpc } from "./network.ts";

/** Operations on what surrounds instances: it is fixed, and only described. */
export const surroundingsOperations: Ec2Operations = {
  DescribeImages({ accountId }, { ImageIds = [] }) {
    const unknown = ImageIds.find((id) => id !== image.id);
    if (unknown !== undefined) throw new Fault("InvalidAMIID.NotFound", `The image id '[${unknown}]' does not exist`);
    return {
      Images: [
        {
          ImageId: image.id,
          Name: image.name,
          Description: "The programs of this machine, and the CodeDeploy agent",
          OwnerId: accountId,
          State: "available",
          Architecture: process.arch === "arm64" ? "arm64" : "x86_64",
          ImageType: "machine",
          PlatformDetails: "Linux/UNIX",
          RootDeviceType: "ebs",
          RootDeviceName: image.rootDevice,
          VirtualizationType: "hvm",
          Public: false,
        },
      ],
    };
  },

  DescribeVpcs: ({ accountId }) => ({
    Vpcs: [
      {
        VpcId: vpc.id,
        CidrBlock: vpc.cidr,
        State: "available",
        IsDefault: true,
        OwnerId: accountId,
        InstanceTenancy: "default",
      },
    ],
  }),

  DescribeSubnets: ({ accountId, region }, { SubnetIds = [] }) => ({
    Subnets: subnets
      .filter(({ id }) => SubnetIds.length === 0 || SubnetIds.includes(id))
      .map(({ id, zone, third }) => ({
        SubnetId: id,
        VpcId: vpc.id,
        AvailabilityZone: `${region}${zone}`,
        CidrBlock: `172.31.${third}.0/20`,
        AvailableIpAddressCount: 4091,
        DefaultForAz: true,
        MapPublicIpOnLaunch: false,
        State: "available" as const,
        OwnerId: accountId,
      })),
  }),

  DescribeAvailabilityZones: ({ region }) => ({
    AvailabilityZones: subnets.map(({ zone }) => ({
      ZoneName: `${region}${zone}`,
      ZoneId: `local-${zone}`,
      RegionName: region,
      State: "available" as const,
      ZoneType: "availability-zone",
    })),
  }),

  DescribeRegions: ({ region }) => ({
    Regions: [{ RegionName: region, Endpoint: `ec2.${region}.amazonaws.com`, OptInStatus: "opt-in-not-required" }],
  }),

  DescribeSecurityGroups: ({ accountId }) => ({
    SecurityGroups: [
      {
        GroupId: vpc.securityGroup,
        GroupName: "default",
        Description: "default VPC security group",
        VpcId: vpc.id,
        OwnerId: accountId,
        IpPermissions: [],
        IpPermissionsEgress: [],
      },
    ],
  }),

  DescribeKeyPairs: () => ({ KeyPairs: [] }),

  DescribeVolumes: () => ({ Volumes: [] }),
};
