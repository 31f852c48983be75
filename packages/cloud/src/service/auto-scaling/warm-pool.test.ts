import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeleteAutoScalingGroupCommand,
  DeleteWarmPoolCommand,
  DescribeWarmPoolCommand,
  PutWarmPoolCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { eventually } from "../../../../../test/support/eventually.ts";
import { AutoScalingGroupName, type Fleet, launching, openFleet, terminating } from "../../../test/scaling-fleet.ts";

const describe = ({ client }: Fleet) => client.send(new DescribeWarmPoolCommand({ AutoScalingGroupName }));
const put = ({ client }: Fleet, more: object = {}) =>
  client.send(new PutWarmPoolCommand({ AutoScalingGroupName, ...more }));

/** The ids of the pool's instances, once their states are as wanted. */
function holds(fleet: Fleet, ...wanted: readonly string[]): Promise<readonly string[]> {
  return eventually(`the pool has ${wanted.join(", ") || "nobody"}`, async () => {
    const { Instances = [] } = await describe(fleet);
    const states = Instances.map(({ LifecycleState = "" }) => LifecycleState).toSorted();
    return states.join() === wanted.toSorted().join() ? Instances.map(({ InstanceId = "" }) => InstanceId) : undefined;
  });
}

const stateOf = async ({ ec2 }: Fleet, id: string) => {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations[0]?.Instances?.[0]?.State?.Name;
};

test("a pool holds what the group may still grow by, stopped, and the group draws on it", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1, { MaxSize: 3 });
  await fleet.reaches("InService");

  await put(fleet);
  const pool = await holds(fleet, "Warmed:Stopped", "Warmed:Stopped");
  const group = await fleet.describe();
  assert.deepEqual([group?.Instances?.length, group?.WarmPoolSize], [1, 2]);
  assert.deepEqual(group?.WarmPoolConfiguration, {
    MinSize: 0,
    PoolState: "Stopped",
    InstanceReusePolicy: { ReuseOnScaleIn: false },
  });
  for (const id of pool) assert.equal(await stateOf(fleet, id), "stopped");
  await assert.rejects(
    fleet.client.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: pool[0], ShouldDecrementDesiredCapacity: false }),
    ),
    { name: "ValidationError" },
  );

  await fleet.resize(2);
  const serving = await fleet.reaches("InService", "InService");
  assert.equal(serving.filter((id) => pool.includes(id)).length, 1, "one of the pool serves now");
  const left = await holds(fleet, "Warmed:Stopped");
  assert(pool.includes(left[0] ?? ""), "the other is still there");
  assert.match((await fleet.activities()).map(({ Description }) => Description).join("\n"), /from warm pool: i-/);
});

test("hooks hold an instance on its way into the pool, out of it, back to it, and when the pool lets it go", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(0, { MaxSize: 1 });
  await fleet.hook("launch", launching);
  await fleet.hook("end", terminating);

  await put(fleet, { PoolState: "Running", InstanceReusePolicy: { ReuseOnScaleIn: true } });
  const [id = ""] = await holds(fleet, "Warmed:Pending:Wait");
  await fleet.complete("launch", id, "CONTINUE");
  await holds(fleet, "Warmed:Running");

  await fleet.resize(1);
  assert.deepEqual(await fleet.reaches("Pending:Wait"), [id]);
  await fleet.complete("launch", id, "CONTINUE");
  await fleet.reaches("InService");

  await fleet.resize(0);
  assert.deepEqual(await holds(fleet, "Warmed:Pending:Wait"), [id]);
  await fleet.complete("end", id, "CONTINUE");
  assert.deepEqual(await holds(fleet, "Warmed:Running"), [id]);

  await fleet.client.send(new DeleteWarmPoolCommand({ AutoScalingGroupName }));
  await holds(fleet, "Warmed:Terminating:Wait");
  assert.equal((await describe(fleet)).WarmPoolConfiguration?.Status, "PendingDelete");
  await fleet.complete("end", id, "CONTINUE");
  await holds(fleet);
  await eventually(
    "the pool is gone",
    async () => (await describe(fleet)).WarmPoolConfiguration === undefined || undefined,
  );
});

test("the pool's size follows the group's, and it ends with a group that is deleted at once", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1, { MaxSize: 4 });
  await fleet.hook("end", terminating);
  await assert.rejects(put(fleet, { MinSize: 9 }), { name: "ValidationError" });
  await assert.rejects(put(fleet, { MaxGroupPreparedCapacity: -2 }), { name: "ValidationError" });

  await put(fleet, { MaxGroupPreparedCapacity: 2, MinSize: 1, PoolState: "Running" });
  await holds(fleet, "Warmed:Running");
  await put(fleet, { MaxGroupPreparedCapacity: -1 });
  await holds(fleet, "Warmed:Running", "Warmed:Running", "Warmed:Running");

  await fleet.client.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName, ForceDelete: true }));
  await eventually("the group is gone", async () => ((await fleet.describe()) === undefined ? true : undefined));
});
