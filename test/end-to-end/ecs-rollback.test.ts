import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  type BlueGreenDeploymentConfiguration,
  ContinueDeploymentCommand,
  CreateDeploymentConfigCommand,
  type DeploymentInfo,
  StopDeploymentCommand,
  UpdateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { node } from "../../packages/cloud/test/lambda/lambda-fixture.ts";
import { rehearsedAlarm } from "../support/alarm.ts";
import { EcsDeploymentFixture } from "../support/ecs-deployment-fixture.ts";
import { eventually } from "../support/eventually.ts";
import { answering } from "../support/lambda-deployment-fixture.ts";
import { trustPolicy } from "../support/trust-policy.ts";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

/** Creates functions that say `Succeeded` (`yes`) and `Failed` (`no`) to whatever they are asked about. */
async function addHooks(t: TestContext, fixture: EcsDeploymentFixture): Promise<void> {
  const options = await fixture.sluice.clientOptions();
  const [iam, lambda] = [new IAMClient(options), new LambdaClient(options)];
  t.after(() => [iam, lambda].forEach((client) => client.destroy()));
  const AssumeRolePolicyDocument = trustPolicy("lambda.amazonaws.com");
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "run", AssumeRolePolicyDocument }));
  for (const [FunctionName, status] of Object.entries({ yes: "Succeeded", no: "Failed" })) {
    const settings = { Role: Role?.Arn, Runtime: "nodejs22.x", Handler: "index.handler", Timeout: 30 } as const;
    const Code = { ZipFile: node(answering(status)) };
    await lambda.send(new CreateFunctionCommand({ FunctionName, Code, ...settings }));
  }
}

const goOn = { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 0 } as const;

const updateGroup = (
  fixture: EcsDeploymentFixture,
  blueGreenDeploymentConfiguration: BlueGreenDeploymentConfiguration,
) =>
  fixture.deploy.send(
    new UpdateDeploymentGroupCommand({
      applicationName: "app",
      currentDeploymentGroupName: "web",
      blueGreenDeploymentConfiguration,
    }),
  );

function notYet(error: Error) {
  if (/^Deployment(NotStarted|TargetDoesNotExist)Exception$/.test(error.name)) return undefined;
  throw error;
}

/** What became of the events, as `Install Succeeded`. */
async function eventsOf(fixture: EcsDeploymentFixture, id: string): Promise<readonly string[]> {
  const { lifecycleEvents = [] } = (await fixture.target(id).catch(notYet)) ?? {};
  return lifecycleEvents.map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`);
}

/** Waits for the rollback of a deployment: within seconds, without hooks or new tasks. */
async function assertRolledBack(fixture: EcsDeploymentFixture, { deploymentId, rollbackInfo }: DeploymentInfo) {
  const id = rollbackInfo?.rollbackDeploymentId ?? "";
  const back = await fixture.ended(id, 30);
  assert.deepEqual([back.status, back.errorInformation?.message], ["Succeeded", undefined]);
  assert.equal(back.rollbackInfo?.rollbackTriggeringDeploymentId, deploymentId);
  assert.deepEqual(await eventsOf(fixture, id), ["AllowTraffic Succeeded"]);
  assert.deepEqual(await fixture.weights(), { blue: 100, green: 0 });
  assert.match(await fixture.answer(), /version 1 /);
  assert.match(await fixture.answer(fixture.test), /version 1 /);
  const { taskSets } = await fixture.until("one task set is left", (found) => found.taskSets?.length === 1);
  assert.equal(taskSets?.[0]?.status, "PRIMARY");
}

/** Waits until the replacement has a share of the traffic. */
const reached = (fixture: EcsDeploymentFixture, green: number) =>
  eventually(
    `has the replacement ${green} %?`,
    async () => (await fixture.weights())["green"] === green || undefined,
    60,
  );

/** Lets a service scale between 1 and 4 tasks. Returns whether that is suspended now. */
async function scaling(t: TestContext, fixture: EcsDeploymentFixture): Promise<() => Promise<boolean>> {
  const client = new ApplicationAutoScaling(await fixture.sluice.clientOptions());
  t.after(() => client.destroy());
  const about = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;
  await client.registerScalableTarget({ ...about, ResourceId: "service/demo/web", MinCapacity: 1, MaxCapacity: 4 });
  return async () => {
    const { ScalableTargets = [] } = await client.describeScalableTargets(about);
    const states = new Set(Object.values(ScalableTargets[0]?.SuspendedState ?? {}));
    assert.equal(states.size, 1);
    return states.has(true);
  };
}

test(
  "A21: a hook that does not like the test traffic keeps production where it is; hooks that do let it pass, and the original tasks stay where they are kept alive",
  { skip, timeout: 240_000 },
  async (t) => {
    const fixture = await EcsDeploymentFixture.open(t, {
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
    });
    await addHooks(t, fixture);
    const second = await fixture.define("2");
    const seen = new Set<number>();
    const hooks = [{ BeforeInstall: "yes" }, { AfterAllowTestTraffic: "no" }];

    const id = await fixture.begin(second, { config: "canary", hooks });
    const failed = await eventually(
      "the deployment has ended",
      async () => {
        seen.add((await fixture.weights())["green"] ?? 0);
        const { deploymentInfo } = await fixture.get(id);
        return deploymentInfo?.completeTime === undefined ? undefined : deploymentInfo;
      },
      90,
    );

    assert.deepEqual([failed.status, failed.errorInformation?.code], ["Failed", "HOOK_EXECUTION_FAILURE"]);
    assert.deepEqual(await eventsOf(fixture, id), [
      "BeforeInstall Succeeded",
      "Install Succeeded",
      "AfterInstall Succeeded",
      "AllowTestTraffic Succeeded",
      "AfterAllowTestTraffic Failed",
      "BeforeAllowTraffic Skipped",
      "AllowTraffic Skipped",
      "AfterAllowTraffic Skipped",
    ]);
    await assertRolledBack(fixture, failed);
    assert.deepEqual([...seen], [0]);

    await updateGroup(fixture, {
      terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" },
      deploymentReadyOption: goOn,
    });
    const events = [
      "BeforeInstall",
      "AfterInstall",
      "AfterAllowTestTraffic",
      "BeforeAllowTraffic",
      "AfterAllowTraffic",
    ];
    const good = await fixture.begin(second, { hooks: events.map((event) => ({ [event]: "yes" })) });
    const { status, errorInformation } = await fixture.ended(good);
    assert.deepEqual([status, errorInformation?.message], ["Succeeded", undefined]);
    const { taskSets = [] } = await fixture.service();
    assert.deepEqual(
      taskSets.map((set) => `${set.externalId ?? "original"} ${set.status} ${set.runningCount}`).toSorted(),
      [`${good} PRIMARY 2`, "original ACTIVE 2"],
    );
    const refused = await fixture.ended(await fixture.begin(second));
    assert.equal(refused.errorInformation?.code, "INVALID_ECS_SERVICE");
    assert.match(
      refused.errorInformation?.message ?? "",
      /aws ecs delete-task-set --force --cluster demo --service web --task-set ecs-svc\/\d+/,
    );
  },
);

test(
  "A22: an alarm at the first tenth takes the traffic back; so does a stop while the original tasks wait for their end, which can be skipped",
  { skip, timeout: 240_000 },
  async (t) => {
    const fixture = await EcsDeploymentFixture.open(t, {
      alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"] },
    });
    const ring = await rehearsedAlarm(t, await fixture.sluice.clientOptions(), "errors");
    await fixture.deploy.send(
      new CreateDeploymentConfigCommand({
        deploymentConfigName: "tenths",
        computePlatform: "ECS",
        trafficRoutingConfig: { type: "TimeBasedLinear", timeBasedLinear: { linearPercentage: 10, linearInterval: 1 } },
      }),
    );
    const second = await fixture.define("2");
    const isSuspended = await scaling(t, fixture);
    const id = await fixture.begin(second, { config: "tenths" });
    await reached(fixture, 10);
    assert(await isSuspended(), "scaling rests while tasks are replaced");

    await ring("ALARM");
    const stopped = await fixture.ended(id, 30);

    assert.deepEqual([stopped.status, stopped.errorInformation?.code], ["Stopped", "ALARM_ACTIVE"]);
    assert.deepEqual((await eventsOf(fixture, id)).slice(-3), [
      "BeforeAllowTraffic Succeeded",
      "AllowTraffic Failed",
      "AfterAllowTraffic Skipped",
    ]);
    await assertRolledBack(fixture, stopped);
    assert(!(await isSuspended()), "scaling goes on");
    await ring("OK");

    await updateGroup(fixture, {
      terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 60 },
      deploymentReadyOption: goOn,
    });
    const regretted = await fixture.begin(second);
    await eventually(
      "do the original tasks wait for their end?",
      async () => (await eventsOf(fixture, regretted)).at(-1) === "AfterAllowTraffic Succeeded" || undefined,
      90,
    );
    assert.match(await fixture.answer(), /version 2 /);
    assert(!(await isSuspended()), "scaling does not wait for the end of the original tasks");
    await fixture.deploy.send(new StopDeploymentCommand({ deploymentId: regretted }));
    const { status, ...rest } = await fixture.ended(regretted, 30);
    assert.equal(status, "Stopped");
    await assertRolledBack(fixture, rest);

    const kept = await fixture.begin(second);
    await eventually(
      "can the wait be skipped?",
      () =>
        fixture.deploy
          .send(new ContinueDeploymentCommand({ deploymentId: kept, deploymentWaitType: "TERMINATION_WAIT" }))
          .then(
            () => true,
            () => undefined, // it does not wait yet
          ),
      90,
    );
    assert.equal((await fixture.ended(kept)).status, "Succeeded");
    const { taskSets = [] } = await fixture.service();
    assert.deepEqual(
      taskSets.map((set) => `${set.externalId} ${set.status}`),
      [`${kept} PRIMARY`],
    );
  },
);
