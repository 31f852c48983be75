import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  BatchGetDeploymentGroupsCommand,
  type ComputePlatform,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupInput,
  DeleteDeploymentGroupCommand,
  GetDeploymentGroupCommand,
  ListDeploymentGroupsCommand,
  UpdateDeploymentGroupCommand,
  type UpdateDeploymentGroupInput,
} from "@aws-sdk/client-codedeploy";
import { isFault, openApi, s3Revision, serviceRoleArn } from "./api-fixture.ts";

type Settings = Partial<CreateDeploymentGroupInput>;

const topic = "arn:aws:sns:us-east-1:123456789012:topic";
const web = { Key: "Role", Value: "web", Type: "KEY_AND_VALUE" as const };
const controlled = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;
const listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/0123/4567";
const pair = {
  targetGroups: [{ name: "blue" }, { name: "green" }],
  prodTrafficRoute: { listenerArns: [listener] },
};
const blueGreen = {
  terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 5 },
  deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 10 },
} as const;

/** What a group of an ECS application needs. */
const ecsGroup = {
  ecsServices: [{ serviceName: "web", clusterName: "main" }],
  loadBalancerInfo: { targetGroupPairInfoList: [pair] },
  blueGreenDeploymentConfiguration: blueGreen,
};

/** An API with an application of a platform, and its groups to make and change. */
async function groupsOf(test: TestContext, computePlatform: ComputePlatform = "Server") {
  const sluice = await openApi(test);
  await sluice.client.send(new CreateApplicationCommand({ applicationName: "shop", computePlatform }));
  const name = { applicationName: "shop", deploymentGroupName: "prod" };
  return {
    ...sluice,
    create: (settings: Settings) =>
      sluice.client.send(new CreateDeploymentGroupCommand({ ...name, serviceRoleArn, ...settings })),
    update: (settings: Partial<UpdateDeploymentGroupInput>) =>
      sluice.client.send(
        new UpdateDeploymentGroupCommand({ applicationName: "shop", currentDeploymentGroupName: "prod", ...settings }),
      ),
    get: async () =>
      (await sluice.client.send(new GetDeploymentGroupCommand(name))).deploymentGroupInfo ?? assert.fail("no group"),
  };
}

test("a group that was given nothing shows AWS's defaults", async (t) => {
  const { create, get } = await groupsOf(t);

  const { deploymentGroupId } = await create({});

  assert.deepEqual(await get(), {
    applicationName: "shop",
    deploymentGroupId,
    deploymentGroupName: "prod",
    deploymentConfigName: "CodeDeployDefault.OneAtATime",
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    autoScalingGroups: [],
    serviceRoleArn,
    triggerConfigurations: [],
    alarmConfiguration: { enabled: false, ignorePollAlarmFailure: false, alarms: [] },
    autoRollbackConfiguration: { enabled: false },
    deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
    outdatedInstancesStrategy: "UPDATE",
    computePlatform: "Server",
    terminationHookEnabled: false,
  });
});

test("a group for servers keeps everything that it was given", async (t) => {
  const { create, get, store } = await groupsOf(t);
  const given = {
    deploymentConfigName: "CodeDeployDefault.HalfAtATime",
    ec2TagSet: { ec2TagSetList: [[web], [{ Key: "Stage", Type: "KEY_ONLY" as const }]] },
    onPremisesTagSet: { onPremisesTagSetList: [[{ Value: "rack*", Type: "VALUE_ONLY" as const }]] },
    triggerConfigurations: [
      { triggerName: "ends", triggerTargetArn: topic, triggerEvents: ["DeploymentFailure" as const] },
    ],
    alarmConfiguration: { enabled: true, ignorePollAlarmFailure: true, alarms: [{ name: "errors" }] },
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE" as const] },
    outdatedInstancesStrategy: "IGNORE" as const,
    deploymentStyle: controlled,
    blueGreenDeploymentConfiguration: {
      ...blueGreen,
      greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" as const },
    },
    loadBalancerInfo: { elbInfoList: [{ name: "classic" }], targetGroupInfoList: [{ name: "web" }] },
    terminationHookEnabled: true,
  };

  await create({ ...given, autoScalingGroups: ["fleet"], tags: [{ Key: "team", Value: "a" }] });

  const { deploymentGroupId, applicationName, deploymentGroupName, ...shown } = await get();
  assert.deepEqual(shown, {
    ...given,
    autoScalingGroups: [{ name: "fleet" }],
    serviceRoleArn,
    computePlatform: "Server",
  });
  assert.equal(store.notifications.due(Number.MAX_SAFE_INTEGER, 10)[0]?.topic, topic);
  assert.deepEqual([applicationName, deploymentGroupName, typeof deploymentGroupId], ["shop", "prod", "string"]);
});

test("a group for Lambda shows its only style, and one for ECS both waits", async (t) => {
  const lambda = await groupsOf(t, "Lambda");
  await lambda.create({});
  const shown = await lambda.get();
  assert.equal(shown.deploymentConfigName, "CodeDeployDefault.LambdaAllAtOnce");
  assert.deepEqual(shown.deploymentStyle, controlled);
  assert.equal(shown.autoRollbackConfiguration, undefined);

  const ecs = await groupsOf(t, "ECS");
  const ecsServices = [{ serviceName: "web", clusterName: "main" }];
  await ecs.create({
    ecsServices,
    loadBalancerInfo: { targetGroupPairInfoList: [pair] },
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE" },
      deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
    },
  });
  const group = await ecs.get();
  assert.equal(group.deploymentConfigName, "CodeDeployDefault.ECSAllAtOnce");
  assert.deepEqual(group.ecsServices, ecsServices);
  assert.deepEqual(group.loadBalancerInfo, { targetGroupPairInfoList: [pair] });
  assert.deepEqual(group.blueGreenDeploymentConfiguration, {
    terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 0 },
    deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 0 },
  });
  const second = ecs.create({
    deploymentGroupName: "second",
    ecsServices: [{ serviceName: "arn:aws:ecs:us-east-1:123456789012:service/main/web", clusterName: "main" }],
    loadBalancerInfo: { targetGroupPairInfoList: [pair] },
    blueGreenDeploymentConfiguration: blueGreen,
  });
  await assert.rejects(second, isFault("ECSServiceMappingLimitExceeded"));
});

test("an update leaves what is absent, replaces what is present, and empties what is empty", async (t) => {
  const { create, update, get } = await groupsOf(t);
  await create({
    ec2TagFilters: [web],
    autoScalingGroups: ["fleet"],
    triggerConfigurations: [{ triggerName: "t", triggerTargetArn: topic, triggerEvents: ["DeploymentStart"] }],
    alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
  });
  const before = await get();

  await update({ deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
  assert.deepEqual(await get(), { ...before, deploymentConfigName: "CodeDeployDefault.AllAtOnce" });

  await update({
    autoScalingGroups: [],
    triggerConfigurations: [],
    alarmConfiguration: { enabled: false, alarms: [] },
  });
  const emptied = await get();
  assert.deepEqual([emptied.autoScalingGroups, emptied.triggerConfigurations], [[], []]);
  assert.deepEqual(emptied.alarmConfiguration, { enabled: false, ignorePollAlarmFailure: false, alarms: [] });
  assert.deepEqual(emptied.ec2TagFilters, [web]);

  await update({ ec2TagSet: { ec2TagSetList: [[web]] }, ec2TagFilters: [] });
  const sets = await get();
  assert.deepEqual(sets.ec2TagSet, { ec2TagSetList: [[web]] });
  assert.equal(sets.ec2TagFilters, undefined);

  const { hooksNotCleanedUp } = await update({ ec2TagSet: { ec2TagSetList: [] } });
  assert.deepEqual([(await get()).ec2TagFilters, hooksNotCleanedUp], [[], []]);
});

test("a renamed group keeps its id, and the name of another is taken", async (t) => {
  const { create, update, client } = await groupsOf(t);
  const { deploymentGroupId } = await create({});
  await create({ deploymentGroupName: "other" });

  await assert.rejects(update({ newDeploymentGroupName: "other" }), isFault("DeploymentGroupAlreadyExists"));
  await update({ newDeploymentGroupName: "production" });

  const groups = await client.send(
    new BatchGetDeploymentGroupsCommand({
      applicationName: "shop",
      deploymentGroupNames: ["production", "prod", "other"],
    }),
  );
  assert.equal(groups.deploymentGroupsInfo?.[0]?.deploymentGroupId, deploymentGroupId);
  assert.equal(groups.deploymentGroupsInfo?.length, 2);
  assert.equal(groups.errorMessage, "No Deployment Group found for name: prod");
  await assert.rejects(update({}), isFault("DeploymentGroupDoesNotExist", "No Deployment Group found for name: prod"));
});

test("deleting a group is quiet when it is gone already", async (t) => {
  const { create, client } = await groupsOf(t);
  await create({});
  const remove = new DeleteDeploymentGroupCommand({ applicationName: "shop", deploymentGroupName: "prod" });

  assert.deepEqual((await client.send(remove)).hooksNotCleanedUp, []);
  assert.deepEqual((await client.send(remove)).hooksNotCleanedUp, []);

  const { deploymentGroups } = await client.send(new ListDeploymentGroupsCommand({ applicationName: "shop" }));
  assert.deepEqual(deploymentGroups, []);
});

/** Settings that a platform's groups cannot have, with AWS's message where it is known. */
const refusals: Readonly<
  Record<ComputePlatform, readonly (readonly [fault: string, text: string, given: Settings])[]>
> = {
  Server: [
    [
      "InvalidEC2TagCombination",
      "The request specified both Ec2TagFilters and Ec2TagSet, but only one of these data types can be used in a single call.",
      { ec2TagFilters: [web], ec2TagSet: { ec2TagSetList: [[web]] } },
    ],
    [
      "InvalidOnPremisesTagCombination",
      "both",
      { onPremisesInstanceTagFilters: [web], onPremisesTagSet: { onPremisesTagSetList: [[web]] } },
    ],
    [
      "InvalidEC2Tag",
      "Values must not be provided for key-only filters.",
      { ec2TagFilters: [{ Key: "a", Value: "b", Type: "KEY_ONLY" }] },
    ],
    [
      "InvalidTag",
      "Values must not be provided for key-only filters.",
      { onPremisesInstanceTagFilters: [{ Key: "a", Value: "b", Type: "KEY_ONLY" }] },
    ],
    ["TagSetListLimitExceeded", "4 tag groups", { ec2TagSet: { ec2TagSetList: [[web], [web], [web], [web]] } }],
    ["InvalidEC2Tag", "11 tags", { ec2TagFilters: Array.from({ length: 11 }, () => web) }],
    ["InvalidAutoScalingGroup", "twice", { autoScalingGroups: ["a", "a"] }],
    ["InvalidAutoScalingGroup", "11", { autoScalingGroups: Array.from({ length: 11 }, (_, index) => `a${index}`) }],
    [
      "InvalidECSService",
      "Server Deployment Groups should not define a value for ecsServices, eksClusters, or targetGroupPairInfoList",
      { ecsServices: [{ serviceName: "a", clusterName: "b" }] },
    ],
    [
      "InvalidDeploymentStyle",
      "BLUE_GREEN deployment type not supported with WITHOUT_TRAFFIC_CONTROL option",
      { deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" } },
    ],
    ["InvalidLoadBalancerInfo", "needs a load balancer", { deploymentStyle: controlled }],
    [
      "InvalidLoadBalancerInfo",
      `The target group name ${"a".repeat(33)} specified in targetGroupInfoList exceeds the maximum allowed length of 32 characters.`,
      { loadBalancerInfo: { targetGroupInfoList: [{ name: "a".repeat(33) }] } },
    ],
    [
      "InvalidTargetGroupPair",
      "must have two",
      { loadBalancerInfo: { targetGroupPairInfoList: [{ ...pair, targetGroups: [{ name: "blue" }] }] } },
    ],
    [
      "InvalidBlueGreenDeploymentConfiguration",
      "Deployment ready option cannot be null for blue green deployment",
      { blueGreenDeploymentConfiguration: {} },
    ],
    [
      "InvalidBlueGreenDeploymentConfiguration",
      "Terminate blue instances on deployment success behaviour cannot be set to null for Blue Green deployments",
      { blueGreenDeploymentConfiguration: { deploymentReadyOption: blueGreen.deploymentReadyOption } },
    ],
    [
      "InvalidBlueGreenDeploymentConfiguration",
      "Deployment ready action cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is specified",
      {
        blueGreenDeploymentConfiguration: {
          ...blueGreen,
          deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 1 },
        },
      },
    ],
    [
      "InvalidBlueGreenDeploymentConfiguration",
      "Deployment ready action cannot be set to STOP_DEPLOYMENT when timeout is set to 0 minutes.",
      {
        blueGreenDeploymentConfiguration: {
          ...blueGreen,
          deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT" },
        },
      },
    ],
    [
      "InvalidBlueGreenDeploymentConfiguration",
      "Timeout for instance termination cannot be more than 2 days",
      {
        blueGreenDeploymentConfiguration: {
          ...blueGreen,
          terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 2881 },
        },
      },
    ],
    [
      "InvalidBlueGreenDeploymentConfiguration",
      "Exactly one AutoScaling group must be specified when selecting the COPY_AUTO_SCALING_GROUP green fleet provisioning option.",
      {
        autoScalingGroups: ["a", "b"],
        blueGreenDeploymentConfiguration: {
          ...blueGreen,
          greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" },
        },
      },
    ],
    [
      "InvalidAutoRollbackConfig",
      "Deployment Groups need to have at least one event specified when auto rollback is enabled",
      { autoRollbackConfiguration: { enabled: true } },
    ],
    [
      "InvalidAlarmConfig",
      "Deployment Groups need to have at least one alarms attached if they are monitored.",
      { alarmConfiguration: { enabled: true, alarms: [] } },
    ],
    ["InvalidAlarmConfig", "twice", { alarmConfiguration: { alarms: [{ name: "a" }, { name: "a" }] } }],
    [
      "AlarmsLimitExceeded",
      "51",
      { alarmConfiguration: { alarms: Array.from({ length: 51 }, (_, index) => ({ name: `a${index}` })) } },
    ],
    [
      "InvalidTriggerConfig",
      "Duplicate Trigger target name detected",
      {
        triggerConfigurations: [
          { triggerName: "a", triggerTargetArn: topic, triggerEvents: ["DeploymentStart"] },
          { triggerName: "a", triggerTargetArn: `${topic}2`, triggerEvents: ["DeploymentStart"] },
        ],
      },
    ],
    [
      "InvalidTriggerConfig",
      "Topic ARN",
      { triggerConfigurations: [{ triggerName: "a", triggerTargetArn: "a", triggerEvents: ["DeploymentStart"] }] },
    ],
    [
      "TriggerTargetsLimitExceeded",
      "11",
      {
        triggerConfigurations: Array.from({ length: 11 }, (_, index) => ({
          triggerName: `t${index}`,
          triggerTargetArn: `${topic}${index}`,
          triggerEvents: ["DeploymentStart" as const],
        })),
      },
    ],
    [
      "InvalidDeploymentConfigName",
      "Compute platform of deployment config CodeDeployDefault.ECSAllAtOnce does not match expected compute platform, correct compute platform should be Server.",
      { deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce" },
    ],
    ["DeploymentConfigDoesNotExist", "mine", { deploymentConfigName: "mine" }],
    ["InvalidTagsToAdd", "twice", { tags: [{ Key: "a" }, { Key: "a" }] }],
    ["InvalidRole", "the ARN of a role", { serviceRoleArn: "arn:aws:iam::123456789012:user/me" }],
  ],
  Lambda: [
    ["InvalidEC2Tag", "For LAMBDA deployment group, ec2TagFilters can not be specified", { ec2TagFilters: [web] }],
    [
      "InvalidTag",
      "For LAMBDA deployment group, onPremisesTagSet can not be specified",
      { onPremisesTagSet: { onPremisesTagSetList: [[web]] }, deploymentStyle: { deploymentType: "IN_PLACE" } },
    ],
    [
      "InvalidDeploymentStyle",
      "For LAMBDA deployment, the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.",
      { deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" } },
    ],
    [
      "InvalidBlueGreenDeploymentConfiguration",
      "For Lambda deployment group, blueGreenDeploymentConfiguration can not be specified",
      { blueGreenDeploymentConfiguration: blueGreen },
    ],
  ],
  ECS: [
    ["InvalidAutoScalingGroup", "For ECS deployment group, autoScalingGroups", { autoScalingGroups: ["a"] }],
    ["InvalidBlueGreenDeploymentConfiguration", "need a blueGreenDeploymentConfiguration", {}],
    [
      "InvalidTargetGroupPair",
      "one is allowed",
      {
        blueGreenDeploymentConfiguration: blueGreen,
        deploymentStyle: controlled,
        loadBalancerInfo: { targetGroupPairInfoList: [pair, pair] },
      },
    ],
    [
      "InvalidTargetGroupPair",
      'two different target groups, and both of these are "blue"',
      {
        blueGreenDeploymentConfiguration: blueGreen,
        loadBalancerInfo: {
          targetGroupPairInfoList: [{ ...pair, targetGroups: [{ name: "blue" }, { name: "blue" }] }],
        },
      },
    ],
    ["InvalidECSService", "need one service in ecsServices", { ...ecsGroup, ecsServices: [] }],
    [
      "InvalidLoadBalancerInfo",
      "need a target group pair",
      { ...ecsGroup, loadBalancerInfo: { targetGroupPairInfoList: [] } },
    ],
  ],
};

test("groups that cannot work are refused in AWS's words, by create and by update", async (t) => {
  for (const platform of ["Server", "Lambda", "ECS"] as const) {
    const { create, update } = await groupsOf(t, platform);
    for (const [name, text, given] of refusals[platform]) await assert.rejects(create(given), isFault(name, text));
    await create(platform === "ECS" ? ecsGroup : {});
    for (const [name, text, { tags, ...given }] of refusals[platform])
      if (tags === undefined && Object.keys(given).length > 0) await assert.rejects(update(given), isFault(name, text));
  }
});

test("the processes to suspend are kept, and refused where they cannot be", async (t) => {
  const { raw, create } = await groupsOf(t);
  const ec2DeploymentOptions = { autoScalingGroupProcessesToSuspend: ["Terminate", "AZRebalance"] };
  const group = { applicationName: "shop", deploymentGroupName: "fleet", serviceRoleArn };
  await create({});
  const refused = async (settings: object, operation = "CreateDeploymentGroup") =>
    (await raw(operation, { ...group, currentDeploymentGroupName: "prod", ...settings })).fault;

  const fault = "InvalidAutoScalingGroupProcessToSuspend";
  assert.equal(await refused({ ec2DeploymentOptions }), fault);
  assert.equal(await refused({ ec2DeploymentOptions }, "UpdateDeploymentGroup"), fault);
  const launch = { autoScalingGroupProcessesToSuspend: ["Launch"] };
  assert.equal(await refused({ autoScalingGroups: ["a"], ec2DeploymentOptions: launch }), fault);
  assert.equal(await refused({ ec2DeploymentOptions: { autoScalingGroupProcessesToSuspend: [] } }), undefined);
  assert.equal(
    await refused({ deploymentGroupName: "two", autoScalingGroups: ["a"], ec2DeploymentOptions }),
    undefined,
  );

  const { text } = await raw("GetDeploymentGroup", { ...group, deploymentGroupName: "two" });
  const { deploymentGroupInfo } = JSON.parse(text) as { deploymentGroupInfo: object };
  assert.deepEqual(Reflect.get(deploymentGroupInfo, "ec2DeploymentOptions"), ec2DeploymentOptions);
});

test("a group shows its last deployments and the revision that stands", async (t) => {
  const { create, get, client, plant, store, now } = await groupsOf(t);
  await create({});
  const revision = s3Revision("a.zip");
  const { deploymentId = "" } = await client.send(
    new CreateDeploymentCommand({ applicationName: "shop", deploymentGroupName: "prod", revision }),
  );
  const createTime = new Date(now);
  assert.deepEqual((await get()).lastAttemptedDeployment, { deploymentId, status: "Created", createTime });
  assert.equal((await get()).lastSuccessfulDeployment, undefined);

  await plant(deploymentId, { status: "Succeeded", startTime: now, completeTime: now + 1000 });
  const groupId = (await get()).deploymentGroupId ?? "";
  await store.write(() => store.groups.succeeded(groupId, revision));

  const last = { deploymentId, status: "Succeeded", createTime, endTime: new Date(now + 1000) };
  const { lastSuccessfulDeployment, lastAttemptedDeployment, targetRevision } = await get();
  assert.deepEqual([lastSuccessfulDeployment, lastAttemptedDeployment, targetRevision], [last, last, revision]);
});
