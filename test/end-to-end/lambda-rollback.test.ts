import assert from "node:assert/strict";
import { test } from "node:test";
import { type DeploymentInfo, StopDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { rehearsedAlarm } from "../support/alarm.ts";
import { answering, LambdaDeploymentFixture, shift } from "../support/lambda-deployment-fixture.ts";

/** Waits for the end of the rollback of a deployment, and asserts that both refer to each other as in AWS. */
async function rollbackOf(sluice: LambdaDeploymentFixture, { deploymentId = "", rollbackInfo }: DeploymentInfo) {
  const id = rollbackInfo?.rollbackDeploymentId ?? "";
  const back = await sluice.ended(id);
  assert.equal(
    rollbackInfo?.rollbackMessage,
    `Deployment ${deploymentId} terminated. Automatic rollback is triggered with a DeploymentId ${id}.`,
  );
  assert.equal(back.rollbackInfo?.rollbackTriggeringDeploymentId, deploymentId);
  return { creator: back.creator, status: back.status };
}

async function eventsOf(
  sluice: LambdaDeploymentFixture,
  { deploymentId = "" }: DeploymentInfo,
): Promise<readonly string[]> {
  const { lifecycleEvents = [] } = (await sluice.target(deploymentId)) ?? {};
  return lifecycleEvents.map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`);
}

test("a hook that says no takes the alias back when traffic has moved, and nothing where none has", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t, {
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  });
  await sluice.addFunction("no", answering("Failed"));

  const before = await sluice.ended(await sluice.begin(shift("1", "2", { hooks: [{ BeforeAllowTraffic: "no" }] })));
  const after = await sluice.ended(await sluice.begin(shift("1", "2", { hooks: [{ AfterAllowTraffic: "no" }] })));
  const back = await rollbackOf(sluice, after);

  assert.equal(before.status, "Failed");
  assert.equal(before.rollbackInfo?.rollbackDeploymentId, undefined);
  assert.match(before.rollbackInfo?.rollbackMessage ?? "", /no traffic had moved, and there is nothing to roll back/);
  assert.deepEqual([after.status, after.errorInformation?.code], ["Failed", "HOOK_EXECUTION_FAILURE"]);
  assert.deepEqual(await eventsOf(sluice, after), [
    "BeforeAllowTraffic Succeeded",
    "AllowTraffic Succeeded",
    "AfterAllowTraffic Failed",
  ]);
  assert.deepEqual(back, { creator: "codeDeployRollback", status: "Succeeded" });
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
  const again = await sluice.ended(await sluice.begin(shift("1", "3")));
  assert.equal(again.status, "Succeeded");
});

test("an alarm in mid-shift stops a deployment, and the alias goes back although it still rings", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t, {
    alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM"] },
  });
  const ring = await rehearsedAlarm(t, await sluice.connect(), "errors");
  const id = await sluice.begin(shift("1", "2"), "canary");
  await sluice.weighted({ "2": 0.2 });

  await ring("ALARM");
  const stopped = await sluice.ended(id);
  const back = await rollbackOf(sluice, stopped);
  const atOnce = await sluice.ended(await sluice.begin(shift("1", "2"), "canary"));

  assert.deepEqual([stopped.status, stopped.errorInformation?.code], ["Stopped", "ALARM_ACTIVE"]);
  assert.deepEqual(await eventsOf(sluice, stopped), [
    "BeforeAllowTraffic Succeeded",
    "AllowTraffic Failed",
    "AfterAllowTraffic Skipped",
  ]);
  assert.deepEqual(back, { creator: "codeDeployRollback", status: "Succeeded" });
  assert.deepEqual([atOnce.status, atOnce.errorInformation?.code], ["Stopped", "ALARM_ACTIVE"]);
  assert.equal(atOnce.rollbackInfo?.rollbackDeploymentId, undefined);
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
});

test("a stop takes the alias back when its caller wants that, whatever the group says", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t, { autoRollbackConfiguration: { enabled: false } });
  const id = await sluice.begin(shift("1", "2"), "canary");
  await sluice.weighted({ "2": 0.2 });

  await sluice.deploy.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true }));
  const stopped = await sluice.ended(id);
  const back = await rollbackOf(sluice, stopped);

  assert.deepEqual([stopped.status, stopped.errorInformation?.code], ["Stopped", "MANUAL_STOP"]);
  assert.deepEqual(back, { creator: "codeDeployRollback", status: "Succeeded" });
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
});

test("a stop leaves the alias where it is when its caller wants that, whatever the group says", async (t) => {
  const sluice = await LambdaDeploymentFixture.open(t, {
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_REQUEST"] },
  });
  const id = await sluice.begin(shift("1", "2"), "canary");
  await sluice.weighted({ "2": 0.2 });

  await sluice.deploy.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: false }));
  const stopped = await sluice.ended(id);

  assert.deepEqual([stopped.status, stopped.errorInformation?.code], ["Stopped", "MANUAL_STOP"]);
  assert.equal(stopped.rollbackInfo?.rollbackDeploymentId, undefined);
  assert.deepEqual(await sluice.alias(), { version: "1", weights: { "2": 0.2 } });
});
