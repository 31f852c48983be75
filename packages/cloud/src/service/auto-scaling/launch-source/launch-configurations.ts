import { Fault } from "@sluice/aws-protocol";
import { terminationPolicies } from "../decide/capacity.ts";
import type { AutoScalingContext, AutoScalingOperations, LaunchConfiguration } from "../context.ts";
import { pageOf } from "../pagination.ts";
import { uuidOf } from "../names.ts";

/** Groups and launch configurations that an account may have: AWS's defaults. */
const groupsMax = 500;
const configurationsMax = 200;

/** Operations on launch configurations, and on the limits of an account. */
export const launchConfigurationOperations: AutoScalingOperations = {
  CreateLaunchConfiguration({ launchConfigurations, clock }, input) {
    const {
      LaunchConfigurationName: name = "",
      ImageId,
      InstanceType,
      KeyName,
      UserData,
      SecurityGroups,
      IamInstanceProfile,
    } = input;
    if (name === "" || name.length > 255)
      throw new Fault("ValidationError", "A launch configuration's name must have 1 to 255 characters");
    if (launchConfigurations.find(name) !== undefined)
      throw new Fault(
        "AlreadyExistsFault",
        `Launch Configuration by this name already exists - A launch configuration already exists with the name ${name}`,
      );
    if (ImageId === undefined || InstanceType === undefined)
      throw new Fault(
        "ValidationError",
        "Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.",
      );
    const profile =
      IamInstanceProfile?.startsWith("arn:") === true ? { Arn: IamInstanceProfile } : { Name: IamInstanceProfile };
    const data = {
      ImageId,
      InstanceType: InstanceType as "t3.micro", // the SDK's type is an enum of its day
      KeyName,
      UserData,
      SecurityGroupIds: SecurityGroups,
      IamInstanceProfile: IamInstanceProfile === undefined ? undefined : profile,
    };
    launchConfigurations.put(name, { name, createdAt: clock(), data });
  },

  DeleteLaunchConfiguration({ groups, launchConfigurations }, { LaunchConfigurationName: name = "" }) {
    if (groups.all().some(({ launch }) => launch.kind === "configuration" && launch.name === name))
      throw new Fault(
        "ResourceInUseFault",
        `Cannot delete launch configuration ${name} because it is attached to an AutoScalingGroup`,
      );
    if (!launchConfigurations.delete(name))
      throw new Fault(
        "ValidationError",
        `Launch configuration name not found - Launch configuration ${name} not found`,
      );
  },

  DescribeLaunchConfigurations(context, input) {
    const { LaunchConfigurationNames: names = [] } = input;
    const found = context.launchConfigurations.all().filter(({ name }) => names.length === 0 || names.includes(name));
    const { items, next } = pageOf(found, input);
    return { LaunchConfigurations: items.map((configuration) => describe(context, configuration)), NextToken: next };
  },

  DescribeTerminationPolicyTypes: () => ({ TerminationPolicyTypes: [...terminationPolicies] }),

  DescribeAccountLimits: ({ groups, launchConfigurations }) => ({
    MaxNumberOfAutoScalingGroups: groupsMax,
    MaxNumberOfLaunchConfigurations: configurationsMax,
    NumberOfAutoScalingGroups: groups.all().length,
    NumberOfLaunchConfigurations: launchConfigurations.all().length,
  }),
};

/** Returns the ARN of a launch configuration. One that does not exist yet has no id. */
export function configurationArn(
  { region, accountId }: Pick<AutoScalingContext, "region" | "accountId">,
  { name, createdAt }: Pick<LaunchConfiguration, "name"> & Partial<Pick<LaunchConfiguration, "createdAt">>,
): string {
  const id = createdAt === undefined ? "*" : uuidOf(`${name} ${createdAt}`);
  return `arn:aws:autoscaling:${region}:${accountId}:launchConfiguration:${id}:launchConfigurationName/${name}`;
}

function describe(context: AutoScalingContext, { name, createdAt, data }: LaunchConfiguration) {
  return {
    LaunchConfigurationName: name,
    LaunchConfigurationARN: configurationArn(context, { name, createdAt }),
    CreatedTime: new Date(createdAt),
    ImageId: data.ImageId,
    InstanceType: data.InstanceType,
    KeyName: data.KeyName ?? "",
    UserData: data.UserData ?? "",
    SecurityGroups: data.SecurityGroupIds ?? [],
    IamInstanceProfile: data.IamInstanceProfile?.Arn ?? data.IamInstanceProfile?.Name,
    InstanceMonitoring: { Enabled: true },
    BlockDeviceMappings: [],
    EbsOptimized: false,
    KernelId: "",
    RamdiskId: "",
    ClassicLinkVPCSecurityGroups: [],
  };
}
