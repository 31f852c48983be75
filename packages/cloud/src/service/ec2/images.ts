import type { Image } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";

/** An image that instances are launched from. */
export interface MachineImage {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly hasAgent: boolean;
}

/** The image with the agent, which `sluice up` launches. */
const withAgent: MachineImage = {
  id: "ami-00000000000000001",
  name: "sluice-local-cloud",
  description: "The programs of this machine, and the CodeDeploy agent",
  hasAgent: true,
};

/** The image that SSM's parameters for Amazon Linux name. As on AWS it has no agent: user data installs one. */
export const amazonLinux: MachineImage = {
  id: "ami-00000000000000002",
  name: "al2023-ami-sluice-local-cloud",
  description:
    "The programs of this machine, in the manner of Amazon Linux 2023; the CodeDeploy agent is not installed",
  hasAgent: false,
};

/** All images. */
export const images: readonly MachineImage[] = [withAgent, amazonLinux];

/** The disk that instances say they have. */
export const rootDevice = "/dev/xvda";

/** The architecture of this machine, in EC2's words. */
export const architecture = process.arch === "arm64" ? "arm64" : "x86_64";

/** Returns the image of an id; throws a Fault when there is none. */
export function imageOf(id: string): MachineImage {
  const found = images.find((image) => image.id === id);
  if (found !== undefined) return found;
  if (!/^ami-[0-9a-f]{8,17}$/.test(id)) throw new Fault("InvalidAMIID.Malformed", `Invalid id: "${id}"`);
  throw new Fault(
    "InvalidAMIID.NotFound",
    `The image id '[${id}]' does not exist; the local cloud has ${images.map((image) => `'${image.id}'`).join(" and ")}`,
  );
}

/** Returns an image as EC2 describes it. */
export function describeImage({ id, name, description }: MachineImage, accountId: string): Image {
  return {
    ImageId: id,
    Name: name,
    Description: description,
    OwnerId: accountId,
    ImageOwnerAlias: "amazon",
    State: "available",
    Architecture: architecture,
    ImageType: "machine",
    PlatformDetails: "Linux/UNIX",
    RootDeviceType: "ebs",
    RootDeviceName: rootDevice,
    VirtualizationType: "hvm",
    CreationDate: "2026-01-01T00:00:00.000Z",
    Public: false,
  };
}

const folder = "/aws/service/ami-amazon-linux-latest";

/** The parameters of SSM that hold the newest Amazon Linux. */
export const publicParameters: readonly string[] = ["x86_64", "arm64"].flatMap((kind) => [
  ...["kernel-default", "kernel-6.1", "kernel-6.12"].flatMap((kernel) => [
    `${folder}/al2023-ami-${kernel}-${kind}`,
    `${folder}/al2023-ami-minimal-${kernel}-${kind}`,
  ]),
  `${folder}/amzn2-ami-hvm-${kind}-gp2`,
  `${folder}/amzn2-ami-kernel-5.10-hvm-${kind}-gp2`,
]);
