import assert from "node:assert/strict";
import { test } from "node:test";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { CreateServiceCommand } from "@aws-sdk/client-ecs";
import { openContainerFixture } from "./containers.ts";

const target = {
  ServiceNamespace: "ecs",
  ResourceId: "service/demo/web",
  ScalableDimension: "ecs:service:DesiredCount",
} as const;

test("a service keeps within its bounds once they are set, unless scaling that way is suspended", async (t) => {
  const { cloud, ecs, service } = await openContainerFixture(t, { driver: "plain" });
  const scaling = new ApplicationAutoScaling(cloud.client);
  t.after(() => scaling.destroy());
  // Without a task set nothing is started.
  await ecs.send(
    new CreateServiceCommand({ cluster: "demo", serviceName: "web", deploymentController: { type: "EXTERNAL" } }),
  );
  const count = async () => (await service("web")).desiredCount;
  const found = async () => (await scaling.describeScalableTargets({ ServiceNamespace: "ecs" })).ScalableTargets;
  assert.deepEqual(await found(), []);

  await scaling.registerScalableTarget({ ...target, MinCapacity: 2, MaxCapacity: 6 });
  assert.equal(await count(), 2);
  await scaling.registerScalableTarget({
    ...target,
    SuspendedState: { DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true },
  });
  await scaling.registerScalableTarget({ ...target, MinCapacity: 4 });
  assert.equal(await count(), 2);
  const [suspended] = (await found()) ?? [];
  assert.deepEqual([suspended?.MinCapacity, suspended?.MaxCapacity], [4, 6]);
  assert.deepEqual(suspended?.SuspendedState, {
    DynamicScalingInSuspended: false,
    DynamicScalingOutSuspended: true,
    ScheduledScalingSuspended: true,
  });

  await scaling.registerScalableTarget({ ...target, SuspendedState: { DynamicScalingOutSuspended: false } });
  assert.equal(await count(), 4);
  await scaling.registerScalableTarget({ ...target, MinCapacity: 1, MaxCapacity: 3 });
  assert.equal(await count(), 3);
  await scaling.deregisterScalableTarget(target);
  await assert.rejects(scaling.deregisterScalableTarget(target), { name: "ObjectNotFoundException" });
  assert.deepEqual(await found(), []);
});

test("what is no service, other kinds of resources and bounds that cross are each refused", async (t) => {
  const { cloud, ecs } = await openContainerFixture(t, { driver: "plain" });
  const scaling = new ApplicationAutoScaling(cloud.client);
  t.after(() => scaling.destroy());
  await ecs.send(
    new CreateServiceCommand({ cluster: "demo", serviceName: "web", deploymentController: { type: "EXTERNAL" } }),
  );
  const refused = (input: object, message: RegExp) =>
    assert.rejects(scaling.registerScalableTarget({ ...target, MinCapacity: 1, MaxCapacity: 2, ...input }), {
      name: "ValidationException",
      message,
    });

  await refused({ ResourceId: "service/demo/none" }, /ECS service doesn't exist: service\/demo\/none/);
  await refused({ ResourceId: "demo/web" }, /is not of the form service\/CLUSTER\/SERVICE/);
  await refused({ ServiceNamespace: "dynamodb" }, /ecs has ecs:service:DesiredCount, and dynamodb/);
  await refused({ MinCapacity: -1 }, /cannot be less than 0: -1 and 2/);
  await refused({ MinCapacity: 3 }, /Maximum capacity cannot be less than minimum capacity/);
  await refused({ MaxCapacity: undefined }, /Both MinCapacity and MaxCapacity must be provided/);
  await refused({ Tags: { a: "b" } }, /Tags of scalable targets are not kept/);
});
