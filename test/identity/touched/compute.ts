import type { Service } from "@sluice/aws-protocol";
import { ask } from "./ask.ts";
import { each, plain, type Rows, tagged } from "./row.ts";

const account = "123456789012";
const ec2 = (path: string) => `arn:aws:ec2:eu-west-1:${account}:${path}`;
const Tags = [{ Key: "protected", Value: "true" }];
const tagsOf = (ResourceType: string) => [{ ResourceType, Tags }];
const found = (text: string, element: string) => new RegExp(`<${element}>([^<]+)<`).exec(text)?.[1] ?? "";

/** What operations of EC2 touch: one thing of each kind is made first. */
export async function ec2Rows(service: Service): Promise<Rows> {
  const make = (operation: string, input: Readonly<Record<string, unknown>>) => ask(service, "ec2", operation, input);
  const group = await make("CreateSecurityGroup", {
    GroupName: "web",
    Description: "web",
    TagSpecifications: tagsOf("security-group"),
  });
  const template = await make("CreateLaunchTemplate", {
    LaunchTemplateName: "web",
    LaunchTemplateData: { ImageId: "ami-00000000000000001" },
    TagSpecifications: tagsOf("launch-template"),
  });
  const pair = await make("CreateKeyPair", { KeyName: "web", TagSpecifications: tagsOf("key-pair") });
  const instances = await make("RunInstances", {
    ImageId: "ami-00000000000000001",
    MinCount: 1,
    MaxCount: 1,
    TagSpecifications: tagsOf("instance"),
  });
  const [GroupId, LaunchTemplateId] = [found(group, "groupId"), found(template, "launchTemplateId")];
  const [KeyPairId, InstanceId] = [found(pair, "keyPairId"), found(instances, "instanceId")];
  const instance = [ec2(`instance/${InstanceId}`)];
  const image = "arn:aws:ec2:eu-west-1::image/ami-00000000000000002";
  const [sg, lt, key] = [
    ec2(`security-group/${GroupId}`),
    ec2(`launch-template/${LaunchTemplateId}`),
    ec2("key-pair/web"),
  ];
  const taggable = tagged([...instance, sg, lt, key], {
    Resources: [InstanceId, GroupId, LaunchTemplateId, KeyPairId],
    Tags,
  });
  const parameter = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
  const counts = { MinCount: 1, MaxCount: 1 };
  return {
    ...each(
      "TerminateInstances StopInstances StartInstances RebootInstances",
      tagged(instance, { InstanceIds: [InstanceId] }),
    ),
    ...each("GetConsoleOutput DescribeInstanceAttribute", tagged(instance, { InstanceId })),
    ...each(
      "ModifyLaunchTemplate DeleteLaunchTemplate DeleteLaunchTemplateVersions CreateLaunchTemplateVersion",
      tagged([lt], { LaunchTemplateId }, { LaunchTemplateName: "web" }),
    ),
    ...each(
      "DeleteSecurityGroup AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress",
      tagged([sg], { GroupId }, { GroupName: "web" }),
    ),
    ...each("AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress", tagged([sg], { GroupId })),
    ...each("CreateTags DeleteTags", taggable),
    RunInstances: tagged(
      [image, sg, lt, key, ...["instance", "volume", "network-interface"].map((type) => ec2(`${type}/*`))],
      ...[{ SecurityGroupIds: [GroupId] }, { SecurityGroups: ["web"] }].flatMap((groups) =>
        [{ LaunchTemplateId }, { LaunchTemplateName: "web" }].flatMap((LaunchTemplate) =>
          ["ami-00000000000000002", parameter].map((ImageId) => ({
            ...counts,
            ...groups,
            LaunchTemplate,
            ImageId,
            KeyName: "web",
          })),
        ),
      ),
    ),
    CreateLaunchTemplate: plain([ec2("launch-template/*")], { LaunchTemplateName: "new" }),
    CreateSecurityGroup: plain([ec2("security-group/*"), ec2("vpc/vpc-00000000000000001")], { GroupName: "new" }),
    ...each("CreateKeyPair ImportKeyPair", plain([ec2("key-pair/new")], { KeyName: "new" })),
    DeleteKeyPair: tagged(
      [key, ec2(`key-pair/${KeyPairId}`)],
      { KeyName: "web" },
      { KeyPairId },
      { KeyPairId, KeyName: "none" },
    ),
    ...each(
      `DescribeInstances DescribeInstanceStatus DescribeTags DescribeImages DescribeVpcs DescribeSubnets
       DescribeAvailabilityZones DescribeRegions DescribeSecurityGroups DescribeKeyPairs
       DescribeVolumes DescribeLaunchTemplates DescribeLaunchTemplateVersions DescribeSecurityGroupRules`,
      "nothing",
    ),
  };
}

/** What operations of Auto Scaling touch: one group, and what belongs to it. */
export async function autoScalingRows(service: Service): Promise<Rows> {
  const make = (operation: string, input: Readonly<Record<string, unknown>>) =>
    ask(service, "auto-scaling", operation, input);
  const AutoScalingGroupName = "fleet";
  const LaunchConfigurationName = "configured";
  await make("CreateLaunchConfiguration", {
    LaunchConfigurationName,
    ImageId: "ami-00000000000000001",
    InstanceType: "t3.micro",
  });
  await make("CreateAutoScalingGroup", {
    AutoScalingGroupName,
    LaunchConfigurationName,
    MinSize: 0,
    MaxSize: 2,
    AvailabilityZones: ["eu-west-1a"],
    Tags: [{ Key: "protected", Value: "true", PropagateAtLaunch: false }],
  });
  const policy = await make("PutScalingPolicy", {
    AutoScalingGroupName,
    PolicyName: "grow",
    AdjustmentType: "ChangeInCapacity",
    ScalingAdjustment: 1,
  });
  const group = found(await make("DescribeAutoScalingGroups", {}), "AutoScalingGroupARN");
  const configuration = found(await make("DescribeLaunchConfigurations", {}), "LaunchConfigurationARN");
  const own = tagged([group], { AutoScalingGroupName });
  return {
    ...each(
      `AttachInstances AttachLoadBalancerTargetGroups AttachLoadBalancers AttachTrafficSources
       BatchDeleteScheduledAction BatchPutScheduledUpdateGroupAction CancelInstanceRefresh CompleteLifecycleAction
       DeleteAutoScalingGroup DeleteLifecycleHook DeleteNotificationConfiguration DeleteScheduledAction DeleteWarmPool
       DetachInstances DetachLoadBalancerTargetGroups DetachLoadBalancers DetachTrafficSources DisableMetricsCollection
       EnableMetricsCollection EnterStandby ExitStandby PutLifecycleHook PutNotificationConfiguration PutScalingPolicy
       PutScheduledUpdateGroupAction PutWarmPool RecordLifecycleActionHeartbeat ResumeProcesses RollbackInstanceRefresh
       SetDesiredCapacity SetInstanceProtection StartInstanceRefresh SuspendProcesses UpdateAutoScalingGroup`,
      own,
    ),
    ...each(
      "DeletePolicy ExecutePolicy",
      tagged(
        [group],
        { AutoScalingGroupName, PolicyName: "grow" },
        { PolicyName: "grow" },
        { PolicyName: found(policy, "PolicyARN") },
        { AutoScalingGroupName: "another", PolicyName: found(policy, "PolicyARN") },
      ),
    ),
    ...each(
      "CreateOrUpdateTags DeleteTags",
      tagged([group], {
        Tags: [
          { ResourceId: AutoScalingGroupName, ResourceType: "auto-scaling-group", Key: "protected", Value: "false" },
        ],
      }),
    ),
    // No instance of a group runs here: which group it is of is asked where groups have some.
    ...each(
      "TerminateInstanceInAutoScalingGroup SetInstanceHealth",
      plain([`arn:aws:autoscaling:eu-west-1:${account}:autoScalingGroup:*:autoScalingGroupName/*`], {
        InstanceId: "i-00000000",
      }),
    ),
    CreateAutoScalingGroup: plain(
      [`arn:aws:autoscaling:eu-west-1:${account}:autoScalingGroup:*:autoScalingGroupName/new`],
      {
        AutoScalingGroupName: "new",
        LaunchConfigurationName,
      },
    ),
    CreateLaunchConfiguration: plain(
      [`arn:aws:autoscaling:eu-west-1:${account}:launchConfiguration:*:launchConfigurationName/new`],
      { LaunchConfigurationName: "new" },
    ),
    DeleteLaunchConfiguration: plain([configuration], { LaunchConfigurationName }),
    ...each(
      `DescribeAccountLimits DescribeAdjustmentTypes DescribeAutoScalingGroups DescribeAutoScalingInstances
       DescribeAutoScalingNotificationTypes DescribeInstanceRefreshes DescribeLaunchConfigurations
       DescribeLifecycleHookTypes DescribeLifecycleHooks DescribeLoadBalancerTargetGroups DescribeLoadBalancers
       DescribeMetricCollectionTypes DescribeNotificationConfigurations DescribePolicies DescribeScalingActivities
       DescribeScalingProcessTypes DescribeScheduledActions DescribeTags DescribeTerminationPolicyTypes
       DescribeTrafficSources DescribeWarmPool`,
      "nothing",
    ),
  };
}
