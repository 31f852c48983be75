import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AttachInstancesCommand,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  DescribePoliciesCommand,
  DescribeScalingActivitiesCommand,
  DescribeScheduledActionsCommand,
  DetachInstancesCommand,
  EnableMetricsCollectionCommand,
  EnterStandbyCommand,
  ExecutePolicyCommand,
  ExitStandbyCommand,
  PutScalingPolicyCommand,
  PutScheduledUpdateGroupActionCommand,
  RecordLifecycleActionHeartbeatCommand,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, DescribeInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { openLocalCloud } from "../../../test/local-cloud.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { whyMissing } from "../../../../../test/support/why-missing.ts";
import {
  AutoScalingGroupName,
  Fleet,
  launching,
  openFleet,
  template,
  terminating,
  zones,
} from "../../../test/scaling-fleet.ts";

test("a group launches what it lacks over its zones, tags it, and says why", async (t) => {
  const { fleet } = await openFleet(t);

  await fleet.create(2, {
    Tags: [
      { Key: "Role", Value: "web", PropagateAtLaunch: true },
      { Key: "Owner", Value: "me", PropagateAtLaunch: false },
    ],
  });
  const ids = await fleet.reaches("InService", "InService");

  const group = await fleet.describe();
  assert.equal(new Set(group?.Instances?.map(({ AvailabilityZone }) => AvailabilityZone)).size, 2);
  assert.deepEqual(
    group?.Instances?.map(({ LaunchTemplate }) => LaunchTemplate?.Version),
    ["1", "1"],
  );
  const { Reservations = [] } = await fleet.ec2.send(
    new DescribeInstancesCommand({
      Filters: [{ Name: "tag:aws:autoscaling:groupName", Values: [AutoScalingGroupName] }],
    }),
  );
  const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
  assert.deepEqual(instances.map(({ InstanceId = "" }) => InstanceId).toSorted(), ids.toSorted());
  const keys = instances[0]?.Tags?.map(({ Key }) => Key);
  assert(keys?.includes("Role") === true && !keys.includes("Owner"));
  const [activity] = await fleet.activities();
  assert.match(activity?.Description ?? "", /^Launching a new EC2 instance: i-0/);
  assert.match(
    activity?.Cause ?? "",
    /a user request created an AutoScalingGroup changing the desired capacity from 0 to 2\.  At .* an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 2\./,
  );
  assert.equal(activity?.StatusCode, "Successful");
});

test("several launch hooks hold an instance until the last of them lets it go", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(0);
  await fleet.hook("one", launching);
  await fleet.hook("two", launching, { HeartbeatTimeout: 600, NotificationMetadata: "group-id" });
  const { LifecycleHooks } = await fleet.client.send(
    new DescribeLifecycleHooksCommand({ AutoScalingGroupName, LifecycleHookNames: ["two"] }),
  );
  assert.equal(LifecycleHooks?.[0]?.GlobalTimeout, 60_000);
  assert.equal(LifecycleHooks?.[0]?.DefaultResult, "ABANDON");

  await fleet.resize(1);
  const [id = ""] = await fleet.reaches("Pending:Wait");
  assert.equal((await fleet.activities())[0]?.StatusCode, "MidLifecycleAction");
  await fleet.complete("one", id, "CONTINUE");
  await assert.rejects(fleet.complete("one", id, "CONTINUE"), {
    message: `No active Lifecycle Action found with instance ID ${id}`,
  });
  await fleet.reaches("Pending:Wait");
  await fleet.complete("two", id, "CONTINUE");

  await fleet.reaches("InService");
});

test("an abandoned launch is replaced, and its activity says which hook's action was abandoned", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(0);
  await fleet.hook("one", launching);
  await fleet.resize(1);
  const [first = ""] = await fleet.reaches("Pending:Wait");

  await fleet.complete("one", first, "ABANDON");

  const second = await eventually("a replacement waits", async () => {
    const { AutoScalingInstances = [] } = await fleet.client.send(new DescribeAutoScalingInstancesCommand({}));
    return AutoScalingInstances.find(
      ({ InstanceId, LifecycleState }) => InstanceId !== first && LifecycleState === "Pending:Wait",
    );
  });
  assert.notEqual(second.InstanceId, first);
  const abandoned = (await fleet.activities()).find(
    ({ Description }) => Description === `Launching a new EC2 instance: ${first}`,
  );
  assert.equal(abandoned?.StatusCode, "Cancelled");
  assert.match(
    abandoned?.StatusMessage ?? "",
    /^Lifecycle Action with token \S+ was abandoned: Lifecycle Action Completed with ABANDON Result$/,
  );
});

test("a hook that nobody answers has its default result, sixty times sooner where time is scaled", async (t) => {
  const { fleet } = await openFleet(t, { timeScale: 60 });
  await fleet.create(0);
  await fleet.hook("one", launching, { HeartbeatTimeout: 60, DefaultResult: "CONTINUE" });
  await fleet.resize(1);
  const [id = ""] = await fleet.reaches("Pending:Wait");
  await fleet.client.send(
    new RecordLifecycleActionHeartbeatCommand({ AutoScalingGroupName, LifecycleHookName: "one", InstanceId: id }),
  );

  await fleet.reaches("InService");

  assert.equal(JSON.parse((await fleet.activities())[0]?.Details ?? "")["Time scale"], "60");
});

test("a termination hook holds an instance, and either result ends it", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1);
  await fleet.hook("bye", terminating);
  const [id = ""] = await fleet.reaches("InService");

  await fleet.resize(0);
  await fleet.reaches("Terminating:Wait");
  await fleet.complete("bye", id, "ABANDON");

  await fleet.reaches();
  const [activity] = await fleet.activities();
  assert.match(
    activity?.Cause ?? "",
    /a user request explicitly set group desired capacity changing the desired capacity from 1 to 0\..* shrinking the capacity from 1 to 0\./,
  );
});

test("an instance that somebody ends is replaced, unless the processes that do it are suspended", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1);
  const [first = ""] = await fleet.reaches("InService");
  await fleet.client.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ["Launch"] }));

  await fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
  await fleet.reaches();
  const [activity] = await fleet.activities();
  assert.match(
    activity?.Cause ?? "",
    /in response to an EC2 health check indicating it has been terminated or stopped\./,
  );
  const suspended = (await fleet.describe())?.SuspendedProcesses;
  assert.deepEqual(
    suspended?.map(({ ProcessName }) => ProcessName),
    ["Launch"],
  );

  await fleet.client.send(new ResumeProcessesCommand({ AutoScalingGroupName }));
  const [second] = await fleet.reaches("InService");
  assert.notEqual(second, first);
  const all = new SuspendProcessesCommand({ AutoScalingGroupName });
  await fleet.client.send(all);
  assert.equal((await fleet.describe())?.SuspendedProcesses?.length, 9);
  await assert.rejects(
    fleet.client.send(new ResumeProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ["launch"] })),
    { name: "ValidationError" },
  );
});

test("an unhealthy instance goes, a terminated one is replaced or not as was asked", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1);
  const [first = ""] = await fleet.reaches("InService");

  await fleet.client.send(new SetInstanceHealthCommand({ InstanceId: first, HealthStatus: "Unhealthy" }));
  const [second = ""] = await eventually("it is replaced", async () => {
    const ids = await fleet.reaches("InService");
    return ids[0] === first ? undefined : ids;
  });
  const { Activity } = await fleet.client.send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: second, ShouldDecrementDesiredCapacity: true }),
  );

  assert.equal(Activity?.StatusCode, "InProgress");
  assert.match(
    Activity?.Cause ?? "",
    /was taken out of service in response to a user request, shrinking the capacity from 1 to 0\./,
  );
  await fleet.reaches();
  assert.equal((await fleet.describe())?.DesiredCapacity, 0);
});

test("instances stand by, come back, are detached and attached again", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1);
  const InstanceIds = [...(await fleet.reaches("InService"))];
  await fleet.hook("one", launching);
  const about = { AutoScalingGroupName, InstanceIds };

  await fleet.client.send(new EnterStandbyCommand({ ...about, ShouldDecrementDesiredCapacity: true }));
  await fleet.reaches("Standby");
  await fleet.client.send(new ExitStandbyCommand(about));
  assert.deepEqual(await fleet.reaches("InService"), InstanceIds);
  await fleet.client.send(new DetachInstancesCommand({ ...about, ShouldDecrementDesiredCapacity: true }));
  await fleet.reaches();
  const { Reservations } = await fleet.ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  assert.equal(Reservations?.[0]?.Instances?.[0]?.State?.Name, "running");
  await fleet.client.send(new AttachInstancesCommand(about));

  assert.deepEqual(await fleet.reaches("InService"), InstanceIds);
  assert.equal((await fleet.describe())?.DesiredCapacity, 1);
});

test("a group goes only when it is empty, or with all of its instances when that is forced", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1);
  await fleet.hook("bye", terminating);
  await fleet.reaches("InService");

  await assert.rejects(fleet.client.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName })), {
    name: "ResourceInUseFault",
  });
  await fleet.client.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName, ForceDelete: true }));

  await eventually("the group is gone", async () => ((await fleet.describe()) === undefined ? true : undefined));
  const { Reservations = [] } = await fleet.ec2.send(new DescribeInstancesCommand({}));
  assert.deepEqual(
    Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name)),
    ["terminated"],
  );
  const { Activities } = await fleet.client.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName, IncludeDeletedGroups: true }),
  );
  assert.equal(Activities?.length, 2);
});

test("a launch that EC2 refuses is told by a failed activity", async (t) => {
  const { fleet } = await openFleet(t, { timeScale: 60 });
  await fleet.create(0);
  await fleet.ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: "bad", LaunchTemplateData: { ImageId: "ami-0ffffffff" } }),
  );
  await fleet.client.send(
    new UpdateAutoScalingGroupCommand({
      AutoScalingGroupName,
      LaunchTemplate: { LaunchTemplateName: "bad" },
      DesiredCapacity: 1,
    }),
  );

  const activity = await eventually("the launch fails", async () =>
    (await fleet.activities()).find(({ StatusCode }) => StatusCode === "Failed"),
  );

  assert.match(activity.StatusMessage ?? "", /'\[ami-0ffffffff\]' does not exist.* Launching EC2 instance failed\.$/);
  await fleet.client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate: template }));
  await fleet.reaches("InService");
});

test("requests that cannot be are refused with AWS's own faults", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(0);
  const create = (fields: object) =>
    fleet.client.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: "other",
        MinSize: 0,
        MaxSize: 1,
        LaunchTemplate: template,
        VPCZoneIdentifier: zones,
        ...fields,
      }),
    );

  await assert.rejects(create({ AutoScalingGroupName }), { name: "AlreadyExistsFault" });
  await assert.rejects(create({ LaunchTemplate: undefined }), /must contain either LaunchTemplate/);
  await assert.rejects(
    create({ LaunchTemplate: { LaunchTemplateName: "nope" } }),
    /You must use a valid fully-formed launch template/,
  );
  await assert.rejects(
    create({ VPCZoneIdentifier: undefined }),
    /At least one Availability Zone or VPC Subnet is required/,
  );
  await assert.rejects(
    create({ DesiredCapacity: 2 }),
    /Desired capacity:2 must be between the specified min size:0 and max size:1/,
  );
  await assert.rejects(
    create({ TargetGroupARNs: ["arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/nope/1"] }),
    { name: "ValidationError" },
  );
  await assert.rejects(fleet.resize(5), /New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup/);
  await assert.rejects(
    fleet.hook("x", launching, { HeartbeatTimeout: 10 }),
    /HeartbeatTimeout must be from 30 to 7200 seconds/,
  );
  await assert.rejects(
    fleet.client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: "nope", DesiredCapacity: 0 })),
    /AutoScalingGroup name not found/,
  );
});

test("policies change the capacity, scheduled actions do when their time has come", async (t) => {
  let offset = 0;
  const { fleet } = await openFleet(t, { clock: () => Date.now() + offset });
  await fleet.create(1);
  await fleet.client.send(
    new PutScalingPolicyCommand({
      AutoScalingGroupName,
      PolicyName: "up",
      AdjustmentType: "ChangeInCapacity",
      ScalingAdjustment: 1,
    }),
  );
  const { ScalingPolicies } = await fleet.client.send(new DescribePoliciesCommand({ AutoScalingGroupName }));
  assert.equal(ScalingPolicies?.[0]?.PolicyType, "SimpleScaling");

  await fleet.client.send(new ExecutePolicyCommand({ AutoScalingGroupName, PolicyName: "up" }));
  await fleet.reaches("InService", "InService");
  await assert.rejects(
    fleet.client.send(new ExecutePolicyCommand({ AutoScalingGroupName, PolicyName: "up", HonorCooldown: true })),
    { name: "ScalingActivityInProgressFault" },
  );

  const action = {
    AutoScalingGroupName,
    ScheduledActionName: "down",
    StartTime: new Date(Date.now() + 3_600_000),
    DesiredCapacity: 0,
  };
  await fleet.client.send(new PutScheduledUpdateGroupActionCommand(action));
  await fleet.client.send(
    new PutScheduledUpdateGroupActionCommand({
      AutoScalingGroupName,
      ScheduledActionName: "nightly",
      Recurrence: "0 3 * * *",
      MinSize: 0,
    }),
  );
  const { ScheduledUpdateGroupActions } = await fleet.client.send(
    new DescribeScheduledActionsCommand({ AutoScalingGroupName }),
  );
  assert.equal(ScheduledUpdateGroupActions?.length, 2);
  offset = 3_600_000;
  await fleet.reaches();
});

test("groups, hooks and what they hold are there after a restart, and go on", async (t) => {
  const cloud = await openLocalCloud(t);
  const before = new Fleet(t, cloud);
  await before.create(1);
  await before.client.send(new EnableMetricsCollectionCommand({ AutoScalingGroupName, Granularity: "1Minute" }));
  await before.client.send(
    new CreateOrUpdateTagsCommand({
      Tags: [
        {
          ResourceId: AutoScalingGroupName,
          ResourceType: "auto-scaling-group",
          Key: "Role",
          Value: "web",
          PropagateAtLaunch: true,
        },
      ],
    }),
  );
  const [first] = await before.reaches("InService");
  await before.hook("one", launching);
  await before.resize(2);
  await before.reaches("InService", "Pending:Wait");

  const after = new Fleet(t, await cloud.restart());

  const ids = await after.reaches("InService", "Pending:Wait");
  const second = ids.find((id) => id !== first) ?? "";
  await after.complete("one", second, "CONTINUE");
  await after.reaches("InService", "InService");
  const group = await after.describe();
  assert.equal(group?.EnabledMetrics?.length, 13);
  assert.deepEqual(
    group?.Tags?.map(({ Key, PropagateAtLaunch }) => [Key, PropagateAtLaunch]),
    [["Role", true]],
  );
});

test("the real CLI makes a group, resizes it and reads it", { skip: await whyMissing("aws") }, async (t) => {
  const { fleet, cloud } = await openFleet(t);
  await fleet.create(0);
  const aws = (...words: readonly string[]) =>
    cloud.aws("autoscaling", ...words, "--auto-scaling-group-name", AutoScalingGroupName);

  await aws(
    "put-lifecycle-hook",
    "--lifecycle-hook-name",
    "h",
    "--lifecycle-transition",
    launching,
    "--heartbeat-timeout",
    "30",
  );
  await aws("set-desired-capacity", "--desired-capacity", "1");
  const [id = ""] = await fleet.reaches("Pending:Wait");
  await aws(
    "complete-lifecycle-action",
    "--lifecycle-hook-name",
    "h",
    "--lifecycle-action-result",
    "CONTINUE",
    "--instance-id",
    id,
  );
  await fleet.reaches("InService");

  const query = ["--query", "AutoScalingGroups[].Instances[].[InstanceId,LifecycleState]", "--output", "text"];
  const text = await cloud.aws(
    "autoscaling",
    "describe-auto-scaling-groups",
    "--auto-scaling-group-names",
    AutoScalingGroupName,
    ...query,
  );
  assert.equal(text, `${id}\tInService`);
});
