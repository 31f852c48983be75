import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  type InstanceRefresh,
  RollbackInstanceRefreshCommand,
  SetInstanceHealthCommand,
  StartInstanceRefreshCommand,
  type StartInstanceRefreshCommandInput,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateVersionCommand } from "@aws-sdk/client-ec2";
import { eventually } from "../../../../../test/support/eventually.ts";
import { AutoScalingGroupName, type Fleet, launching, openFleet, template } from "../../../test/scaling-fleet.ts";

const start = async ({ client }: Fleet, more: Partial<StartInstanceRefreshCommandInput> = {}) =>
  (await client.send(new StartInstanceRefreshCommand({ AutoScalingGroupName, ...more }))).InstanceRefreshId ?? "";

async function show({ client }: Fleet): Promise<InstanceRefresh> {
  const query = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName });
  const { InstanceRefreshes: [newest] = [] } = await client.send(query);
  return newest ?? assert.fail("there is no refresh");
}

const becomes = (fleet: Fleet, status: string): Promise<InstanceRefresh> =>
  eventually(`the refresh is ${status}`, async () => {
    const refresh = await show(fleet);
    return refresh.Status === status ? refresh : undefined;
  });

/** The instances of the group by state, as often as it is asked for. */
async function states(fleet: Fleet): Promise<readonly string[]> {
  return ((await fleet.describe())?.Instances ?? []).map(({ LifecycleState = "" }) => LifecycleState);
}

test("a refresh replaces instances one after the other, and a launch hook holds the next", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(2);
  const before = await fleet.reaches("InService", "InService");
  await fleet.hook("launch", launching);

  const id = await start(fleet, { Preferences: { MinHealthyPercentage: 50 } });
  assert.equal((await show(fleet)).InstanceRefreshId, id);
  await assert.rejects(start(fleet), { name: "InstanceRefreshInProgressFault" });
  for (let replaced = 1; replaced <= 2; replaced += 1) {
    const waiting = await eventually("one waits for its hook", async () =>
      (await fleet.describe())?.Instances?.find(({ LifecycleState }) => LifecycleState === "Pending:Wait"),
    );
    assert.equal((await states(fleet)).filter((state) => state === "InService").length, 1, "half of two stay");
    assert.equal((await show(fleet)).PercentageComplete, 50 * replaced);
    await fleet.complete("launch", waiting.InstanceId ?? "", "CONTINUE");
  }

  const refresh = await becomes(fleet, "Successful");
  assert.deepEqual([refresh.PercentageComplete, refresh.InstancesToUpdate], [100, 0]);
  const after = await fleet.reaches("InService", "InService");
  assert.deepEqual(
    after.filter((one) => before.includes(one)),
    [],
  );
  await assert.rejects(fleet.client.send(new CancelInstanceRefreshCommand({ AutoScalingGroupName })), {
    name: "ActiveInstanceRefreshNotFoundFault",
  });
});

test("above a hundred percent a replacement serves before its predecessor goes", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(2);
  await fleet.reaches("InService", "InService");

  await start(fleet, { Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 } });
  const serving: number[] = [];
  const counts: number[] = [];
  await eventually("it has succeeded", async () => {
    const seen = await states(fleet);
    serving.push(seen.filter((state) => state === "InService").length);
    counts.push(seen.filter((state) => !state.startsWith("Terminating")).length);
    return (await show(fleet)).Status === "Successful" || undefined;
  });

  assert.deepEqual([Math.min(...serving), Math.max(...counts)], [2, 3]);
  await fleet.reaches("InService", "InService");
});

test("a desired configuration is launched from, becomes the group's at the end, and what matches it stays", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1, { LaunchTemplate: { ...template, Version: "1" } });
  await fleet.reaches("InService");
  await fleet.ec2.send(
    new CreateLaunchTemplateVersionCommand({
      ...template,
      LaunchTemplateData: { ImageId: "ami-00000000000000001", InstanceType: "t3.small" },
    }),
  );
  const DesiredConfiguration = { LaunchTemplate: { ...template, Version: "2" } };

  await start(fleet, { DesiredConfiguration });
  await becomes(fleet, "Successful");
  const [id = ""] = await fleet.reaches("InService");
  const group = await fleet.describe();
  assert.deepEqual([group?.LaunchTemplate?.Version, group?.Instances?.[0]?.InstanceType], ["2", "t3.small"]);

  await start(fleet, { DesiredConfiguration, Preferences: { SkipMatching: true } });
  await becomes(fleet, "Successful");
  assert.deepEqual(await fleet.reaches("InService"), [id]);
});

test("a refresh that is rolled back puts back what it has replaced, and one that is cancelled leaves it", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1, { LaunchTemplate: { ...template, Version: "1" } });
  await fleet.reaches("InService");
  const LaunchTemplateData = { ImageId: "ami-00000000000000001", InstanceType: "t3.small" as const };
  await fleet.ec2.send(new CreateLaunchTemplateVersionCommand({ ...template, LaunchTemplateData }));
  await fleet.hook("launch", launching);
  const goesOn = async () => {
    const [waiting = ""] = await fleet.reaches("Pending:Wait");
    await fleet.complete("launch", waiting, "CONTINUE");
  };

  await start(fleet);
  const irreversible = new RollbackInstanceRefreshCommand({ AutoScalingGroupName });
  await assert.rejects(fleet.client.send(irreversible), { name: "IrreversibleInstanceRefreshFault" });
  await fleet.reaches("Pending:Wait");
  await fleet.client.send(new CancelInstanceRefreshCommand({ AutoScalingGroupName }));
  assert.equal((await show(fleet)).Status, "Cancelling");
  await goesOn();
  await becomes(fleet, "Cancelled");

  await start(fleet, { DesiredConfiguration: { LaunchTemplate: { ...template, Version: "2" } } });
  await fleet.reaches("Pending:Wait");
  await fleet.client.send(irreversible);
  assert.equal((await show(fleet)).Status, "RollbackInProgress");
  await goesOn();
  await eventually("the small one is replaced", async () => {
    const [instance] = (await fleet.describe())?.Instances ?? [];
    return instance?.InstanceType === "t3.micro" && instance.LifecycleState === "Pending:Wait" ? true : undefined;
  });
  await goesOn();
  const refresh = await becomes(fleet, "RollbackSuccessful");
  assert.equal(refresh.RollbackDetails?.RollbackReason, "A user request rolled the refresh back");
  assert.equal((await fleet.describe())?.LaunchTemplate?.Version, "1");
});

test("by its maintenance policy a group launches before it ends what is unhealthy", async (t) => {
  const { fleet } = await openFleet(t);
  await fleet.create(1, { InstanceMaintenancePolicy: { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 } });
  const [ill = ""] = await fleet.reaches("InService");
  await fleet.hook("launch", launching);

  await fleet.client.send(
    new SetInstanceHealthCommand({ InstanceId: ill, HealthStatus: "Unhealthy", ShouldRespectGracePeriod: false }),
  );
  const both = await fleet.reaches("InService", "Pending:Wait");
  assert(both.includes(ill), "it serves until another does");
  const [fresh = ""] = both.filter((id) => id !== ill);
  await fleet.complete("launch", fresh, "CONTINUE");

  assert.deepEqual(await fleet.reaches("InService"), [fresh]);
});
