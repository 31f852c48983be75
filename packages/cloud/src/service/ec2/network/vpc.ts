import type { Subnet as DescribedSubnet } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import type { Ec2Operations } from "../context.ts";
import { matching } from "../filters.ts";
import { architecture, describeImage, imageOf, images, type MachineImage } from "../images.ts";
import { type Subnet, subnetOf, subnets, vpc } from "./network.ts";

/** Operations on what surrounds instances: it is fixed, and only described. */
export const vpcOperations: Ec2Operations = {
  DescribeImages({ accountId }, { ImageIds = [], Filters = [] }) {
    const wanted = ImageIds.length === 0 ? images : ImageIds.map(imageOf);
    const fields = {
      "image-id": ({ id }: MachineImage) => [id],
      name: ({ name }: MachineImage) => [name],
      description: ({ description }: MachineImage) => [description],
      architecture: () => [architecture],
      state: () => ["available"],
      "virtualization-type": () => ["hvm"],
      "root-device-type": () => ["ebs"],
      "image-type": () => ["machine"],
      "owner-alias": () => ["amazon"],
      "owner-id": () => [accountId],
    };
    return { Images: matching(wanted, Filters, { fields }).map((image) => describeImage(image, accountId)) };
  },

  DescribeVpcs({ accountId }, { VpcIds = [], Filters = [] }) {
    const unknown = VpcIds.find((id) => id !== vpc.id);
    if (unknown !== undefined) throw new Fault("InvalidVpcID.NotFound", `The vpc ID '${unknown}' does not exist`);
    const fields = {
      "is-default": () => ["true"],
      "vpc-id": () => [vpc.id],
      cidr: () => [vpc.cidr],
      state: () => ["available"],
    };
    return {
      Vpcs: matching([vpc], Filters, { fields }).map(({ id, cidr }) => ({
        VpcId: id,
        CidrBlock: cidr,
        State: "available" as const,
        IsDefault: true,
        OwnerId: accountId,
        InstanceTenancy: "default" as const,
      })),
    };
  },

  DescribeSubnets({ accountId, region }, { SubnetIds = [], Filters = [] }) {
    const wanted = SubnetIds.length === 0 ? subnets : SubnetIds.map(subnetOf);
    const fields = {
      "default-for-az": () => ["true"],
      "vpc-id": () => [vpc.id],
      "subnet-id": ({ id }: Subnet) => [id],
      "availability-zone": ({ zone }: Subnet) => [`${region}${zone}`],
      availabilityZone: ({ zone }: Subnet) => [`${region}${zone}`],
      state: () => ["available"],
    };
    return {
      Subnets: matching(wanted, Filters, { fields }).map((subnet): DescribedSubnet => ({
        SubnetId: subnet.id,
        VpcId: vpc.id,
        AvailabilityZone: `${region}${subnet.zone}`,
        AvailabilityZoneId: `local-${subnet.zone}`,
        CidrBlock: `172.31.${subnet.third}.0/20`,
        AvailableIpAddressCount: 4091,
        DefaultForAz: true,
        MapPublicIpOnLaunch: false,
        State: "available",
        OwnerId: accountId,
      })),
    };
  },

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

  DescribeVolumes: () => ({ Volumes: [] }),
};
