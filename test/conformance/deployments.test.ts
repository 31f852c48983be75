import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test, type TestContext } from "node:test";
import {
  BatchGetDeploymentsCommand,
  type ComputePlatform,
  ContinueDeploymentCommand,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupInput,
  type CreateDeploymentInput,
  DeleteDeploymentConfigCommand,
  DeleteDeploymentGroupCommand,
  GetDeploymentCommand,
  ListDeploymentsCommand,
  type ListDeploymentsInput,
  paginateListDeployments,
  PutLifecycleEventHookExecutionStatusCommand,
  SkipWaitTimeForInstanceTerminationCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { specificationOf } from "../../packages/server/src/specification/specification.ts";
import { isFault, openApi, s3Revision, serviceRoleArn } from "./api-fixture.ts";

const filter = { Key: "Fleet", Value: "green", Type: "KEY_AND_VALUE" as const };
const blueGreen = {
  deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  loadBalancerInfo: { targetGroupInfoList: [{ name: "web" }] },
  blueGreenDeploymentConfiguration: {
    terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 5 },
    deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 10 },
    greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
  },
} as const satisfies Partial<CreateDeploymentGroupInput>;

const lambdaAppSpec = JSON.stringify({
  version: 0.0,
  Resources: [
    {
      F: {
        Type: "AWS::Lambda::Function",
        Properties: { Name: "f", Alias: "live", CurrentVersion: "1", TargetVersion: "2" },
      },
    },
  ],
});

/** An API with an application and a group of it, to deploy to. */
async function deploymentsOf(
  test: TestContext,
  settings: Partial<CreateDeploymentGroupInput> = {},
  computePlatform: ComputePlatform = "Server",
) {
  const sluice = await openApi(test);
  const { client } = sluice;
  const name = { applicationName: "shop", deploymentGroupName: "prod" };
  await client.send(new CreateApplicationCommand({ applicationName: "shop", computePlatform }));
  await client.send(new CreateDeploymentGroupCommand({ ...name, serviceRoleArn, ...settings }));
  const create = (given: Partial<CreateDeploymentInput> = {}) =>
    client.send(new CreateDeploymentCommand({ ...name, revision: s3Revision("a.zip"), ...given }));
  return {
    ...sluice,
    name,
    create,
    begin: async (given: Partial<CreateDeploymentInput> = {}) => (await create(given)).deploymentId ?? "",
    get: async (deploymentId: string) =>
      (await client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo ?? assert.fail("no deployment"),
    over: (id: string) => sluice.plant(id, { status: "Succeeded", startTime: sluice.now, completeTime: sluice.now }),
  };
}

test("a new deployment shows what it was made of, and no times that have not come", async (t) => {
  const { begin, raw, woken, name } = await deploymentsOf(t);

  const deploymentId = await begin({ description: "run_number=7" });

  assert.match(deploymentId, /^d-[A-Z0-9]{9}$/);
  assert.deepEqual(woken, [deploymentId]);
  const { text } = await raw("GetDeployment", { deploymentId });
  assert.deepEqual(JSON.parse(text), {
    deploymentInfo: {
      ...name,
      deploymentConfigName: "CodeDeployDefault.OneAtATime",
      deploymentId,
      revision: s3Revision("a.zip"),
      status: "Created",
      createTime: 1767225600.125,
      description: "run_number=7",
      creator: "user",
      ignoreApplicationStopFailures: false,
      autoRollbackConfiguration: { enabled: false },
      updateOutdatedInstancesOnly: false,
      deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
      instanceTerminationWaitTimeStarted: false,
      fileExistsBehavior: "DISALLOW",
      deploymentStatusMessages: [],
      computePlatform: "Server",
    },
  });
});

test("a deployment keeps everything that it was given, and what its group said then", async (t) => {
  const { begin, get } = await deploymentsOf(t, {
    ...blueGreen,
    alarmConfiguration: { enabled: true, alarms: [{ name: "of-the-group" }] },
  });
  const given = {
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    ignoreApplicationStopFailures: true,
    targetInstances: { tagFilters: [filter], autoScalingGroups: ["green"] },
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE" as const] },
    fileExistsBehavior: "OVERWRITE" as const,
    overrideAlarmConfiguration: { enabled: false, alarms: [] },
  };

  const shown = await get(await begin({ ...given, deploymentMode: "STANDARD", updateOutdatedInstancesOnly: true }));

  for (const [member, value] of Object.entries({ ...given, ...blueGreen, updateOutdatedInstancesOnly: true }))
    assert.deepEqual(Reflect.get(shown, member), value, member);
  assert.equal(shown.deploymentMode, undefined);
});

test("a busy group names its deployment, in words that clients read", async (t) => {
  const { begin, create, over } = await deploymentsOf(t);
  const id = await begin();

  const refusal = `The Deployment Group 'prod' already has an active Deployment '${id}'`;
  await assert.rejects(create(), isFault("DeploymentLimitExceeded", refusal));

  await over(id);
  assert.notEqual(await begin(), id);
});

test("a deployment that cannot be is refused by AWS's name", async (t) => {
  const { create, client, name } = await deploymentsOf(t);
  const cases: readonly (readonly [fault: string, given: Partial<CreateDeploymentInput>])[] = [
    ["RevisionRequired", { revision: undefined }],
    ["DeploymentGroupNameRequired", { deploymentGroupName: undefined }],
    ["DeploymentGroupDoesNotExist", { deploymentGroupName: "nobody" }],
    ["DescriptionTooLong", { description: "x".repeat(257) }],
    ["DeploymentConfigDoesNotExist", { deploymentConfigName: "mine" }],
    ["InvalidDeploymentConfigName", { deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" }],
    ["InvalidTargetInstances", { targetInstances: { tagFilters: [filter] } }],
    ["InvalidAlarmConfig", { overrideAlarmConfiguration: { enabled: true, alarms: [] } }],
    ["InvalidAutoRollbackConfig", { autoRollbackConfiguration: { enabled: true } }],
    ["InvalidInput", { deploymentMode: "RESTART" }],
    ["RevisionDoesNotExist", { deploymentMode: "RESTART", revision: undefined }],
    ["InvalidRevision", { revision: { revisionType: "S3", gitHubLocation: {} } }],
    ["InvalidRevision", { revision: { revisionType: "AppSpecContent", appSpecContent: { content: "{}" } } }],
  ];

  for (const [fault, given] of cases) await assert.rejects(create(given), isFault(fault), fault);
  const { deployments } = await client.send(new ListDeploymentsCommand(name));
  assert.deepEqual(deployments, []);
});

test("a blue/green deployment has no zones, and one that asks for them is refused", async (t) => {
  const { client, begin, create } = await deploymentsOf(t, blueGreen);
  await client.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "by-zone",
      minimumHealthyHosts: { type: "HOST_COUNT", value: 1 },
      zonalConfig: { monitorDurationInSeconds: 60 },
    }),
  );

  await assert.rejects(create({ deploymentConfigName: "by-zone" }), isFault("InvalidZonalDeploymentConfiguration"));
  assert.match(await begin(), /^d-/, "nothing was recorded that would stand in the way");
});

test("a restart takes the revision that succeeded last, and the hosts' copies of it", async (t) => {
  const { begin, get, over, create, store } = await deploymentsOf(t);
  const first = await begin({ revision: s3Revision("good.zip") });
  await over(first);
  const { groupId, request } = store.deployments.byId(first) ?? assert.fail("it is stored");
  await store.write(() => store.groups.succeeded(groupId, request.revision));
  const again = { revision: undefined, deploymentMode: "RESTART" as const };

  const restart = await begin(again);

  const shown = await get(restart);
  assert.deepEqual(
    [shown.status, shown.deploymentMode, shown.revision],
    ["Created", "RESTART", s3Revision("good.zip")],
  );
  const record = store.deployments.byId(restart) ?? assert.fail("it is stored");
  const specification = JSON.parse(specificationOf({ store, gitHubTokenFor: () => undefined }, record)) as Record<
    string,
    unknown
  >;
  assert.equal(specification.ReuseArchiveFromDeploymentId, first);
  await over(restart);
  await assert.rejects(
    create({ ...again, updateOutdatedInstancesOnly: true }),
    isFault("InvalidUpdateOutdatedInstancesOnlyValue"),
  );
});

test("a deployment to Lambda shows the hash of its AppSpec, which must name a function", async (t) => {
  const { begin, get, create } = await deploymentsOf(t, {}, "Lambda");
  const content = lambdaAppSpec;
  const sha256 = createHash("sha256").update(content).digest("hex");
  const revision = { revisionType: "AppSpecContent", appSpecContent: { content } } as const;

  const shown = await get(await begin({ revision }));

  assert.deepEqual(shown.revision, { revisionType: "AppSpecContent", appSpecContent: { sha256 } });
  assert.equal(shown.computePlatform, "Lambda");
  const wrong = { revisionType: "String", string: { content, sha256: "0".repeat(64) } } as const;
  await assert.rejects(create({ revision: wrong }), isFault("InvalidRevision", sha256));
  const empty = { revisionType: "String", string: { content: '{"version":0.0,"Resources":[]}' } } as const;
  await assert.rejects(create({ revision: empty }), isFault("InvalidRevision", "names no function"));
  await assert.rejects(
    create({ revision, updateOutdatedInstancesOnly: true }),
    isFault("InvalidUpdateOutdatedInstancesOnlyValue"),
  );
  await assert.rejects(
    create({ revision, ignoreApplicationStopFailures: true }),
    isFault("InvalidIgnoreApplicationStopFailuresValue"),
  );
});

const ecsAppSpec = JSON.stringify({
  version: 0.0,
  Resources: [
    {
      TargetService: {
        Type: "AWS::ECS::Service",
        Properties: {
          TaskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:7",
          LoadBalancerInfo: { ContainerName: "web", ContainerPort: 80 },
        },
      },
    },
  ],
});

test("a bundle whose type is not named has the one that its key's ending says, and is refused where that says none", async (t) => {
  const { begin, get, over } = await deploymentsOf(t);
  const of = (key: string) => ({ revisionType: "S3", s3Location: { bucket: "bundles", key } }) as const;

  for (const [key, wanted] of [
    ["a.zip", "zip"],
    ["a.TGZ", "tgz"],
    ["a.tar.gz", "tgz"],
    ["v1.zip/a.tar", "tar"],
  ] as const) {
    const id = await begin({ revision: of(key) });
    assert.equal((await get(id)).revision?.s3Location?.bundleType, wanted, key);
    await over(id);
  }
  for (const key of ["a", "a.zip/latest", "a.yaml", "zip"])
    await assert.rejects(begin({ revision: of(key) }), isFault("InvalidRevision", "must be one of tar, tgz, zip"));
});

test("a deployment to ECS has its AppSpec file checked at once, and is recorded with what its group says", async (t) => {
  const { greenFleetProvisioningOption: _green, ...blueGreenDeploymentConfiguration } =
    blueGreen.blueGreenDeploymentConfiguration;
  const listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/0123/4567";
  const pair = {
    targetGroups: [{ name: "blue" }, { name: "green" }],
    prodTrafficRoute: { listenerArns: [listener] },
  };
  const { begin, get, store } = await deploymentsOf(
    t,
    {
      blueGreenDeploymentConfiguration,
      ecsServices: [{ serviceName: "web", clusterName: "main" }],
      loadBalancerInfo: { targetGroupPairInfoList: [pair] },
    },
    "ECS",
  );
  const revisionOf = (content: string) => ({ revisionType: "AppSpecContent", appSpecContent: { content } }) as const;

  await assert.rejects(
    begin({ revision: revisionOf(ecsAppSpec.replace("LoadBalancerInfo", "LoadBalancers")) }),
    isFault("InvalidRevision", 'the key "LoadBalancerInfo" is missing'),
  );
  await assert.rejects(
    begin({ revision: revisionOf("{}") }),
    isFault("InvalidRevision", 'the key "Resources" is missing'),
  );
  const id = await begin({ revision: revisionOf(ecsAppSpec.replace("0", "1").replace("80", '"80"')) });

  const { status, deploymentConfigName } = await get(id);
  assert.deepEqual([status, deploymentConfigName], ["Created", "CodeDeployDefault.ECSAllAtOnce"]);
  const plan = store.deployments.byId(id)?.state.ecs;
  assert.deepEqual(plan?.service, { cluster: "main", service: "web" });
  assert.deepEqual(plan.routes, { targetGroups: ["blue", "green"], production: listener });
  assert("appSpec" in plan.source);
  assert.equal(plan.source.appSpec.containerPort, 80);
});

test("a hook's function reports once, with the id that it was given", async (t) => {
  const { begin, client, plant, store, now } = await deploymentsOf(t, {}, "Lambda");
  const revision = { revisionType: "AppSpecContent", appSpecContent: { content: lambdaAppSpec } } as const;
  const deploymentId = await begin({ revision });
  const effect = { kind: "run hook", functionName: "check", deploymentId, executionId: "execution" } as const;
  const command = { id: "command", issuedAt: now, acknowledgedAt: now, effect };
  const events = [{ name: "BeforeAllowTraffic", status: "InProgress", startTime: now, command }] as const;
  const common = { id: "f", arn: "arn:aws:lambda:us-east-1:123456789012:function:f", hostIdentifier: "f" };
  const target = { ...common, status: "InProgress", lastUpdatedAt: now, events } as const;
  await plant(deploymentId, { status: "InProgress", startTime: now }, [target]);
  const report = (lifecycleEventHookExecutionId: string, status: "Succeeded" | "Failed" | "Skipped") =>
    client.send(
      new PutLifecycleEventHookExecutionStatusCommand({ deploymentId, lifecycleEventHookExecutionId, status }),
    );

  await assert.rejects(report("other", "Succeeded"), isFault("InvalidLifecycleEventHookExecutionId"));
  await assert.rejects(report("execution", "Skipped"), isFault("InvalidLifecycleEventHookExecutionStatus"));
  assert.equal((await report("execution", "Failed")).lifecycleEventHookExecutionId, "execution");

  const answer = { commandId: "command", at: now, kind: "completed", status: "Failed" };
  assert.deepEqual(store.commands.newReports(deploymentId), [answer]);
  await assert.rejects(report("execution", "Succeeded"), isFault("LifecycleEventAlreadyCompleted"));
});

test("traffic control without a load balancer fails with AWS's code", async (t) => {
  const { begin, get } = await deploymentsOf(t, {
    deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  });

  const { status, errorInformation, completeTime } = await get(await begin());

  assert.equal(status, "Failed");
  assert.equal(errorInformation?.code, "MISSING_ELB_INFORMATION");
  assert(completeTime);
});

test("deployments are listed newest first, by group, status and time, in pages", async (t) => {
  const { client, begin, plant, name, now } = await deploymentsOf(t);
  const ids: string[] = [];
  for (let number = 0; number < 250; number++) {
    // All at the same time: their order is that of their making.
    const id = await begin();
    await plant(id, { status: number % 5 === 0 ? "Failed" : "Succeeded", startTime: 1, completeTime: 2 });
    ids.unshift(id);
  }
  const list = async (given: ListDeploymentsInput) => {
    const pages: string[][] = [];
    for await (const { deployments = [] } of paginateListDeployments({ client }, { ...given })) pages.push(deployments);
    return pages;
  };

  const pages = await list({});
  assert.deepEqual(
    pages.map(({ length }) => length),
    [100, 100, 50],
  );
  assert.deepEqual(pages.flat(), ids);
  assert.deepEqual((await list(name)).flat(), ids);
  const failed = ids.filter((_, index) => (249 - index) % 5 === 0);
  assert.deepEqual((await list({ ...name, includeOnlyStatuses: ["Failed"] })).flat(), failed);
  assert.deepEqual((await list({ includeOnlyStatuses: ["Failed", "Succeeded"] })).flat(), ids);
  const at = new Date(now);
  assert.equal((await list({ createTimeRange: { start: at, end: at } })).flat().length, 250);
  assert.deepEqual(await list({ createTimeRange: { start: new Date(now + 1) } }), [[]]);
  const { nextToken } = await client.send(new ListDeploymentsCommand({}));
  const other = client.send(new ListDeploymentsCommand({ ...name, nextToken }));
  await assert.rejects(other, isFault("InvalidNextToken"));
});

test("a list that makes no sense is refused", async (t) => {
  const { client } = await deploymentsOf(t);
  const [start, end] = [new Date(2000), new Date(1000)];
  const cases: readonly (readonly [fault: string, given: ListDeploymentsInput])[] = [
    ["DeploymentGroupNameRequired", { applicationName: "shop" }],
    ["ApplicationNameRequired", { deploymentGroupName: "prod" }],
    ["ApplicationDoesNotExist", { applicationName: "nobody", deploymentGroupName: "prod" }],
    ["InvalidTimeRange", { createTimeRange: { start, end } }],
    ["InvalidInput", { applicationName: "shop", deploymentGroupName: "prod", externalId: "stack" }],
    ["InvalidExternalId", { externalId: "\n" }],
  ];

  for (const [fault, given] of cases)
    await assert.rejects(client.send(new ListDeploymentsCommand(given)), isFault(fault), fault);
  assert.deepEqual((await client.send(new ListDeploymentsCommand({ externalId: "stack" }))).deployments, []);
});

test("a batch leaves unknown deployments out", async (t) => {
  const { client, begin } = await deploymentsOf(t);
  const id = await begin();

  const { deploymentsInfo } = await client.send(new BatchGetDeploymentsCommand({ deploymentIds: ["d-000000000", id] }));

  assert.deepEqual(
    deploymentsInfo?.map(({ deploymentId }) => deploymentId),
    [id],
  );
  await assert.rejects(
    client.send(new GetDeploymentCommand({ deploymentId: "d-000000000" })),
    isFault("DeploymentDoesNotExist"),
  );
});

test("stopping is remembered with what it says of rolling back, and told again", async (t) => {
  const { client, begin, plant, store, over, now } = await deploymentsOf(t);
  const id = await begin();
  await plant(id, { status: "InProgress", startTime: now });
  const stop = new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true });

  assert.equal((await client.send(stop)).status, "Pending");
  assert.equal((await client.send(stop)).status, "Pending");
  const state = store.deployments.byId(id)?.state;
  assert.deepEqual([state?.stopRequestedAt, state?.rollbackOnStop], [now, true]);

  await plant(id, { status: "Stopped", completeTime: now });
  const { status, statusMessage } = await client.send(stop);
  assert.equal(status, "Succeeded");
  assert.equal(statusMessage, "No more commands will be scheduled for execution in the deployment instances");

  const other = await begin();
  await over(other);
  await assert.rejects(
    client.send(new StopDeploymentCommand({ deploymentId: other })),
    isFault("DeploymentAlreadyCompleted"),
  );
});

test("a stop says what it means for this deployment, whatever has been deleted", async (t) => {
  const { client, begin, plant, name, now } = await deploymentsOf(t);
  const id = await begin();
  const event = {
    name: "BeforeInstall",
    status: "InProgress",
    startTime: now,
    command: { id: "c", issuedAt: now },
  } as const;
  const common = {
    arn: "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
    status: "InProgress",
    lastUpdatedAt: now,
  } as const;
  await plant(id, { status: "InProgress", startTime: now }, [
    { ...common, id: "i-1", hostIdentifier: "i-1", events: [event] },
  ]);

  await client.send(new DeleteDeploymentGroupCommand(name));
  const stopped = await client.send(new StopDeploymentCommand({ deploymentId: id }));

  assert.deepEqual(
    [stopped.status, stopped.statusMessage],
    ["Pending", "Nothing new begins. BeforeInstall on i-1 runs to its end, and its outcome is recorded"],
  );
});

test("an instance whose agent is silent is named as long as the deployment waits for it", async (t) => {
  const sluice = await deploymentsOf(t);
  const { begin, get, plant, heard, now } = sluice;
  const id = await begin();
  const event = { name: "BeforeInstall", status: "Pending", command: { id: "c", issuedAt: now } } as const;
  const common = {
    arn: "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
    status: "InProgress",
    lastUpdatedAt: now,
  } as const;
  await plant(id, { status: "InProgress", startTime: now }, [
    { ...common, id: "i-1", hostIdentifier: "host", events: [event] },
  ]);

  const unseen = await get(id);
  heard.set("host", now);
  const seen = await get(id);
  heard.set("host", now - 31_000);
  const silent = await get(id);

  assert.match(
    unseen.deploymentStatusMessages?.join() ?? "",
    /^i-1 has not picked up BeforeInstall: its agent has never been seen\. Check/,
  );
  assert.match(unseen.additionalDeploymentStatusInfo ?? "", /never been seen/);
  assert.deepEqual(seen.deploymentStatusMessages, []);
  assert.match(silent.deploymentStatusMessages?.join() ?? "", /its agent was last seen at 2025-12-31T23:59:29/);
});

test("a blue/green deployment is continued when it is Ready, and its termination wait is ended", async (t) => {
  const { client, begin, plant, store, now, over } = await deploymentsOf(t, blueGreen);
  const deploymentId = await begin();
  const ready = new ContinueDeploymentCommand({ deploymentId });
  const terminate = new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: "TERMINATION_WAIT" });
  const skip = new SkipWaitTimeForInstanceTerminationCommand({ deploymentId });
  const asked = () => store.deployments.byId(deploymentId)?.state.continueRequestedAt;

  await assert.rejects(client.send(ready), isFault("DeploymentIsNotInReadyState"));
  await assert.rejects(client.send(terminate), isFault("InvalidDeploymentStatus"));
  await assert.rejects(client.send(skip), isFault("DeploymentNotStarted"));

  await plant(deploymentId, { status: "Ready", startTime: now });
  await client.send(ready);
  assert.deepEqual(asked(), { READY_WAIT: now });

  const hold = { name: "TERMINATION_WAIT" as const, from: now, until: now + 1000 };
  await plant(deploymentId, { status: "InProgress", holds: [hold] });
  await client.send(skip);
  await client.send(terminate);
  assert.deepEqual(asked(), { READY_WAIT: now, TERMINATION_WAIT: now });
  const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
  assert.equal(deploymentInfo?.instanceTerminationWaitTimeStarted, true);

  await over(deploymentId);
  const completed = isFault("DeploymentAlreadyCompleted");
  await assert.rejects(client.send(ready), completed);
  await assert.rejects(client.send(terminate), completed);
  await assert.rejects(client.send(skip), completed);
});

test("an in-place deployment has no waits, and no hooks that are functions", async (t) => {
  const { client, begin } = await deploymentsOf(t);
  const deploymentId = await begin();
  const unsupported = isFault("UnsupportedActionForDeploymentType");
  const report = { deploymentId, lifecycleEventHookExecutionId: "id", status: "Succeeded" as const };

  await assert.rejects(client.send(new ContinueDeploymentCommand({ deploymentId })), unsupported);
  await assert.rejects(client.send(new SkipWaitTimeForInstanceTerminationCommand({ deploymentId })), unsupported);
  await assert.rejects(client.send(new PutLifecycleEventHookExecutionStatusCommand(report)), unsupported);
});

test("a rollback and the deployment that it rolls back name each other, and so do a root and its follow-ups", async (t) => {
  const { begin, over, get, store } = await deploymentsOf(t);
  const root = await begin();
  await over(root);
  const record = store.deployments.byId(root) ?? assert.fail("it exists");
  const [rollback, follower] = ["d-ROLLBACK1", "d-FOLLOWER1"];
  const message = `${root} is rolled back by ${rollback}`;
  await store.write(() => {
    const { request } = record;
    const rolling = { ...request, creator: "codeDeployRollback" as const, rollbackOf: { deploymentId: root, message } };
    store.deployments.add({ ...record, id: rollback, request: rolling });
    store.deployments.add({
      ...record,
      id: follower,
      request: { ...request, creator: "CodeDeployAutoUpdate", follows: root },
    });
  });

  const shown = await get(root);
  assert.deepEqual(shown.rollbackInfo, {
    rollbackDeploymentId: rollback,
    rollbackMessage: `Deployment ${root} terminated. Automatic rollback is triggered with a DeploymentId ${rollback}.`,
  });
  assert.deepEqual(shown.relatedDeployments, { autoUpdateOutdatedInstancesDeploymentIds: [follower] });
  const back = await get(rollback);
  assert.deepEqual(back.rollbackInfo, { rollbackTriggeringDeploymentId: root, rollbackMessage: message });
  assert.equal(back.creator, "codeDeployRollback");
  const follow = await get(follower);
  assert.deepEqual(follow.relatedDeployments, { autoUpdateOutdatedInstancesRootDeploymentId: root });
});

test("a configuration of a deployment under way can't be deleted", async (t) => {
  const { client, begin, over } = await deploymentsOf(t);
  const deploymentConfigName = "mine";
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 } as const;
  await client.send(new CreateDeploymentConfigCommand({ deploymentConfigName, minimumHealthyHosts }));
  const id = await begin({ deploymentConfigName });
  const remove = new DeleteDeploymentConfigCommand({ deploymentConfigName });

  await assert.rejects(client.send(remove), isFault("DeploymentConfigInUse"));

  await over(id);
  await client.send(remove);
});
