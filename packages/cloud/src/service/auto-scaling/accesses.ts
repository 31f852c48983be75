import type { Tag } from "@aws-sdk/client-auto-scaling";
import {
  type Access,
  type AccessTable,
  onAnyResource,
  requestTags,
  resourceTags,
  withTags,
} from "@sluice/aws-protocol";
import { passRoleAccesses } from "../ec2/index.ts";
import type { AutoScalingContext } from "./context.ts";
import type { Group } from "./model/group.ts";
import { configurationArn } from "./launch-source/launch-configurations.ts";
import { launchAgainAccesses, launchedFrom } from "./launch-source/launch-accesses.ts";
import { arnOf } from "./names.ts";
import { matchingPolicy } from "./operations/policies.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to Auto Scaling touches (its service authorization reference), and the roles that it passes to instances. */
export function autoScalingAccesses(context: AutoScalingContext): AccessTable {
  return {
    ...onAnyResource(describing),
    ...Object.fromEntries(ofGroups.map((operation) => [operation, (input: Input) => [named(context, input)]])),
    ...Object.fromEntries(launching.map((operation) => [operation, (input: Input) => launchesMore(context, input)])),
    ...groupAccesses(context),
    ...configurationAccesses(context),
    TerminateInstanceInAutoScalingGroup: (input) => [holding(context, input)],
    SetInstanceHealth: (input) => [holding(context, input)],
    DeletePolicy: (input) => [named(context, ofPolicy(context, input))],
    ExecutePolicy: (input) => launchesMore(context, ofPolicy(context, input)),
    CreateOrUpdateTags: ({ Tags }) => tagsIn(Tags).map((tag) => withContext(ofTag(context, tag), requestTags([tag]))),
    DeleteTags: ({ Tags }) =>
      tagsIn(Tags).map((tag) => withContext(ofTag(context, tag), requestTags([], [tag.Key ?? ""]))),
  };
}

const describing = [
  "DescribeAccountLimits",
  "DescribeAdjustmentTypes",
  "DescribeAutoScalingGroups",
  "DescribeAutoScalingInstances",
  "DescribeAutoScalingNotificationTypes",
  "DescribeInstanceRefreshes",
  "DescribeLaunchConfigurations",
  "DescribeLifecycleHookTypes",
  "DescribeLifecycleHooks",
  "DescribeLoadBalancerTargetGroups",
  "DescribeLoadBalancers",
  "DescribeMetricCollectionTypes",
  "DescribeNotificationConfigurations",
  "DescribePolicies",
  "DescribeScalingActivities",
  "DescribeScalingProcessTypes",
  "DescribeScheduledActions",
  "DescribeTags",
  "DescribeTerminationPolicyTypes",
  "DescribeTrafficSources",
  "DescribeWarmPool",
];

/** Operations on the group that they name. */
const ofGroups = [
  "AttachInstances",
  "AttachLoadBalancerTargetGroups",
  "AttachLoadBalancers",
  "AttachTrafficSources",
  "BatchDeleteScheduledAction",
  "BatchPutScheduledUpdateGroupAction",
  "CancelInstanceRefresh",
  "CompleteLifecycleAction",
  "DeleteAutoScalingGroup",
  "DeleteLifecycleHook",
  "DeleteNotificationConfiguration",
  "DeleteScheduledAction",
  "DeleteWarmPool",
  "DetachInstances",
  "DetachLoadBalancerTargetGroups",
  "DetachLoadBalancers",
  "DetachTrafficSources",
  "DisableMetricsCollection",
  "EnableMetricsCollection",
  "EnterStandby",
  "ExitStandby",
  "PutNotificationConfiguration",
  "PutScalingPolicy",
  "PutScheduledUpdateGroupAction",
  "RecordLifecycleActionHeartbeat",
  "ResumeProcesses",
  "SetInstanceProtection",
  "SuspendProcesses",
];

/** Operations on a group after which it may launch more of what it has. */
const launching = ["SetDesiredCapacity", "PutWarmPool", "RollbackInstanceRefresh"];

function groupAccesses(context: AutoScalingContext): AccessTable {
  return {
    CreateAutoScalingGroup: (input) => [
      ...withTags(
        withContext(named(context, input), requestTags(tagsIn(input["Tags"]))),
        "autoscaling:CreateOrUpdateTags",
        input["Tags"],
      ),
      ...launchedFrom(context, input),
      ...hookRoles(input["LifecycleHookSpecificationList"]),
    ],
    UpdateAutoScalingGroup: (input) => [...launchesMore(context, input), ...launchedFrom(context, input)],
    StartInstanceRefresh: (input) => [
      ...launchesMore(context, input),
      ...launchedFrom(context, (input["DesiredConfiguration"] ?? {}) as Input), // decoded by the service's own table
    ],
    PutLifecycleHook: (input) => [named(context, input), ...hookRoles([input])],
  };
}

function configurationAccesses(context: AutoScalingContext): AccessTable {
  const one = ({ LaunchConfigurationName }: Input): Access => {
    const name = text(LaunchConfigurationName) ?? "*";
    return { resource: configurationArn(context, context.launchConfigurations.find(name) ?? { name }) };
  };
  return {
    CreateLaunchConfiguration(input) {
      const profile = text(input["IamInstanceProfile"]);
      const isArn = profile?.startsWith("arn:") === true;
      const IamInstanceProfile = isArn ? { Arn: profile } : { Name: profile };
      return [one(input), ...passRoleAccesses(context.ec2.profiles, { IamInstanceProfile })];
    },
    DeleteLaunchConfiguration: (input) => [one(input)],
  };
}

/** Returns the group that a request names, and the request's members that conditions can test. */
function named({ groups, ...place }: AutoScalingContext, input: Input): Access {
  const name = text(input["AutoScalingGroupName"]) ?? "*";
  const found = groups.find(name);
  const number = (member: string) => (typeof input[member] === "number" ? String(input[member]) : undefined);
  return {
    resource: arnOf(found ?? { name }, place),
    context: {
      ...resourceTags(found === undefined ? [] : tagsOf(found), "autoscaling:ResourceTag"),
      "autoscaling:MinSize": number("MinSize"),
      "autoscaling:MaxSize": number("MaxSize"),
      "autoscaling:LaunchConfigurationName": text(input["LaunchConfigurationName"]),
    },
  };
}

const tagsOf = ({ tags }: Group) => tags.map(({ key, value }) => ({ Key: key, Value: value }));

/** Returns the group of the instance that a request names. */
const holding = (context: AutoScalingContext, { InstanceId }: Input): Access =>
  named(context, { AutoScalingGroupName: context.groups.findByInstance(text(InstanceId) ?? "")?.group.name });

/** A request may name a policy by its ARN alone. */
function ofPolicy(context: AutoScalingContext, { PolicyName, AutoScalingGroupName: group }: Input): Input {
  const found = matchingPolicy(context, text(PolicyName), text(group));
  return { AutoScalingGroupName: found?.group ?? group };
}

const ofTag = (context: AutoScalingContext, { ResourceId }: Partial<Tag>): Access =>
  named(context, { AutoScalingGroupName: ResourceId });

/** Returns the roles with which hooks send their messages. */
const hookRoles = (hooks: unknown): readonly Access[] =>
  ((hooks ?? []) as readonly Input[]).flatMap(({ RoleARN }) =>
    // decoded by the service's own table
    text(RoleARN) === undefined
      ? []
      : [
          {
            action: "iam:PassRole",
            resource: text(RoleARN),
            context: { "iam:PassedToService": "autoscaling.amazonaws.com" },
          },
        ],
  );

/** A request after which a group may launch more of what it has. */
const launchesMore = (context: AutoScalingContext, input: Input): readonly Access[] => [
  named(context, input),
  ...launchAgainAccesses(context, text(input["AutoScalingGroupName"])),
];

const text = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);

const tagsIn = (found: unknown) => (found ?? []) as readonly Partial<Tag>[]; // decoded by the service's own table

const withContext = (access: Access, more: Access["context"]): Access => ({
  ...access,
  context: { ...access.context, ...more },
});
