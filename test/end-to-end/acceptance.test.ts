// The life of a fleet behind a load balancer, in a whole `sluice up`: an Auto Scaling group that grows, shrinks, fails and is replaced.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DescribeLifecycleHooksCommand,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SuspendProcessesCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  ContinueDeploymentCommand,
  type InstanceTarget,
  UpdateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { DescribeInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { createdBy, deploymentsOf } from "../support/created-deployment.ts";
import { eventually } from "../support/eventually.ts";
import { copying, skip, TrafficFixture } from "../support/traffic-fixture.ts";

const applicationName = "web";

test(
  "a fleet behind a load balancer, from its first instances to its replacement",
  { skip, timeout: 420_000 },
  async (t) => {
    const cloud = await TrafficFixture.open(t);
    const targetGroup = await cloud.balancedTargetGroup("web", 1);
    let hosts = await cloud.fleet("fleet", 4, targetGroup);
    await cloud.group("web", { targetGroup, autoScalingGroups: ["fleet"] });
    const resize = (DesiredCapacity: number) =>
      cloud.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: "fleet", DesiredCapacity }));
    const update = (change: object) =>
      cloud.deploy.send(
        new UpdateDeploymentGroupCommand({ applicationName, currentDeploymentGroupName: "web", ...change }),
      );
    await t.test(
      "A9: without a successful revision a new instance goes on as it is, and the reason is said",
      async () => {
        await resize(5);
        hosts = await cloud.inService("fleet", 5);
        assert.deepEqual(await deploymentsOf(cloud), []);
        assert.match(
          cloud.sluice.output,
          /No deployment to i-\w+: the deployment group web has no successful revision yet/,
        );
      },
    );

    await t.test("A5: half of five hosts at a time: never more than two are out of the target group", async () => {
      await cloud.ends(await cloud.begin("web", "1"), "Succeeded");
      await cloud.serves(targetGroup, hosts);
      const id = await cloud.begin("web", "2", { deploymentConfigName: "CodeDeployDefault.HalfAtATime" });
      const serving: number[] = [];
      await eventually(
        "the deployment ends",
        async () => {
          serving.push((await cloud.health(targetGroup)).filter((line) => line.endsWith(" healthy")).length);
          return (await cloud.info(id)).status === "Succeeded" || undefined;
        },
        120,
      );
      assert.equal(Math.min(...serving), 3);
      for (const target of await cloud.targets(id)) {
        const [block, stop] = [eventOf(target, "BlockTraffic"), eventOf(target, "ApplicationStop")];
        assert(block.end - block.start >= 1000, "draining takes its second");
        assert(block.end <= stop.start, "nothing is stopped before traffic has gone");
      }
      await cloud.serves(targetGroup, hosts);
    });

    await t.test("A8: a new instance gets the last successful revision before it serves", async () => {
      const known = await deploymentsOf(cloud);
      await resize(6);
      const launch = await createdBy(cloud, "autoscaling", known);
      const [newcomer] =
        (await cloud.scalingGroup("fleet"))?.Instances?.filter(({ InstanceId = "" }) => !hosts.includes(InstanceId)) ??
        [];
      assert.equal(newcomer?.LifecycleState, "Pending:Wait");
      const info = await cloud.ends(launch, "Succeeded");
      assert.match(info.revision?.s3Location?.key ?? "", /^2-/);
      hosts = await cloud.inService("fleet", 6);
      const events = (await cloud.targets(launch))[0]?.lifecycleEvents?.map((event) => event.lifecycleEventName);
      assert.deepEqual(events?.slice(-4), [
        "ValidateService",
        "BeforeAllowTraffic",
        "AllowTraffic",
        "AfterAllowTraffic",
      ]);
      assert(!events?.includes("BlockTraffic"), "nothing is blocked that has never had traffic");
      await cloud.serves(targetGroup, hosts);
    });

    await t.test(
      "A11: an instance that comes while a deployment runs gets the old revision, and then a follow-up",
      async () => {
        const known = await deploymentsOf(cloud);
        const id = await cloud.begin("web", "3", {
          scripts: { BeforeInstall: "sleep 6", ApplicationStop: stopUnlessRefused },
        });
        await cloud.decided(id, /"do":"run".*"event":"BlockTraffic"/);
        await resize(7);
        const launch = await createdBy(cloud, "autoscaling", known);
        assert.match((await cloud.info(launch)).revision?.s3Location?.key ?? "", /^2-/);
        await cloud.ends(id, "Succeeded");
        const follower = await createdBy(cloud, "CodeDeployAutoUpdate", known);
        const info = await cloud.ends(follower, "Succeeded");
        assert.deepEqual(
          [info.updateOutdatedInstancesOnly, info.relatedDeployments?.autoUpdateOutdatedInstancesRootDeploymentId],
          [true, id],
        );
        const ids = (await cloud.info(id)).relatedDeployments?.autoUpdateOutdatedInstancesDeploymentIds;
        assert.deepEqual(ids, [follower]);
        hosts = await cloud.inService("fleet", 7);
        const [target, ...others] = await cloud.targets(follower);
        assert.deepEqual([hosts.includes(target?.targetId ?? ""), others], [true, []]);
        await cloud.serves(targetGroup, hosts);
      },
    );

    await t.test(
      "A27: an instance that leaves is taken out and stopped, and goes on although that failed",
      async () => {
        await update({ terminationHookEnabled: true });
        for (const host of hosts) await cloud.sluice.cli("exec", host, "--", "touch", "/var/refuse");
        const known = await deploymentsOf(cloud);
        await resize(6);
        const id = await createdBy(cloud, "autoscalingTermination", known);
        await cloud.ends(id, "Failed");
        const [target] = await cloud.targets(id);
        assert.deepEqual(
          target?.lifecycleEvents?.map((event) => `${event.lifecycleEventName} ${event.status}`),
          [
            "BeforeBlockTraffic Succeeded",
            "BlockTraffic Succeeded",
            "AfterBlockTraffic Succeeded",
            "ApplicationStop Failed",
          ],
        );
        await ended(cloud, target?.targetId);
        hosts = await cloud.inService("fleet", 6);
        for (const host of hosts) await cloud.sluice.cli("exec", host, "--", "rm", "/var/refuse");
        await cloud.serves(targetGroup, hosts);
        await update({ terminationHookEnabled: false });
      },
    );

    await t.test("A10: an instance whose launch deployment fails is given up", async () => {
      for (const host of hosts) await cloud.sluice.cli("exec", host, "--", "touch", "/var/known");
      const id = await cloud.begin("web", "4", { scripts: { AfterInstall: "test -e /var/known" } });
      await cloud.ends(id, "Succeeded");
      const known = await deploymentsOf(cloud);
      await resize(7);
      const launch = await createdBy(cloud, "autoscaling", known);
      // One is enough: the group would try for ever.
      const launching = { AutoScalingGroupName: "fleet", ScalingProcesses: ["Launch"] };
      await cloud.scaling.send(new SuspendProcessesCommand(launching));
      await cloud.ends(launch, "Failed");
      await ended(cloud, (await cloud.targets(launch))[0]?.targetId);
      await resize(6);
      await cloud.scaling.send(new ResumeProcessesCommand(launching));
      hosts = await cloud.inService("fleet", 6);
      await cloud.serves(targetGroup, hosts);
    });

    await t.test("A24: a host that goes in the middle of an event fails within 30 s", async () => {
      const id = await cloud.begin("web", "5", { scripts: { BeforeInstall: "[ ! -e /var/slow ] || sleep 50" } });
      const [victim = ""] = hosts;
      await cloud.sluice.cli("exec", victim, "--", "touch", "/var/slow");
      await cloud.decided(id, new RegExp(`"target":"${victim}","event":"BeforeInstall"`));
      const gone = Date.now();
      await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [victim] }));
      await eventually(
        "its target has failed",
        async () =>
          (await cloud.targets(id)).some(({ targetId, status }) => targetId === victim && status === "Failed") ||
          undefined,
      );
      assert(Date.now() - gone < 30_000);
      await cloud.ends(id, "Succeeded");
      hosts = await cloud.inService("fleet", 6);
      await cloud.serves(targetGroup, hosts);
    });

    await t.test("two deployment groups on one Auto Scaling group take turns on each host", async () => {
      const scripts = { ApplicationStop: "sleep 0.2", ApplicationStart: "sleep 0.2", ValidateService: "sleep 0.2" };
      await cloud.group("beside", { autoScalingGroups: ["fleet"] });
      const both = await Promise.all([
        cloud.begin("web", "6"),
        cloud.begin("beside", "7", { scripts, fileExistsBehavior: "OVERWRITE" }),
      ]);
      for (const id of both) await cloud.ends(id, "Succeeded");
      const targets = (await Promise.all(both.map((id) => cloud.targets(id)))).flat();
      for (const host of hosts) {
        const events = targets
          .filter(({ targetId }) => targetId === host)
          .flatMap(({ lifecycleEvents = [] }) => lifecycleEvents)
          .flatMap(({ startTime, endTime }) => (startTime && endTime ? [{ from: +startTime, to: +endTime }] : []))
          .toSorted((a, b) => a.from - b.from || a.to - b.to);
        for (const [index, { from }] of events.entries())
          assert(index === 0 || from >= (events[index - 1]?.to ?? 0), `two events at once on ${host}`);
      }
    });

    await t.test(
      "A12: a copy rests until the original is out, takes the group over, and the original ends after its wait",
      async () => {
        await update(copying(5));
        const id = await cloud.begin("web", "8", { fileExistsBehavior: "OVERWRITE" });
        const copy = `CodeDeploy_web_${id}`;
        await cloud.decided(id, /"do":"run".*"event":"BlockTraffic"/);
        const resting = (await cloud.scalingGroup(copy))?.SuspendedProcesses?.map(({ ProcessName }) => ProcessName);
        assert.deepEqual(resting?.toSorted(), ["AddToLoadBalancer", "AlarmNotification", "ScheduledActions"]);
        await eventually(
          "it waits",
          async () => (await cloud.info(id)).instanceTerminationWaitTimeStarted || undefined,
          60,
        );
        assert.deepEqual((await cloud.scalingGroup(copy))?.SuspendedProcesses, []);
        assert.equal((await cloud.inService("fleet", 6)).length, 6);
        assert.deepEqual([(await hooksOn(cloud, "fleet")).length, (await hooksOn(cloud, copy)).length], [1, 1]); // the one that is left belongs to the group beside
        await cloud.serves(targetGroup, await cloud.inService(copy, 6));
        const targets = await cloud.targets(id);
        const allowed = targets
          .filter(({ instanceLabel }) => instanceLabel === "Green")
          .map((one) => eventOf(one, "AllowTraffic"));
        const blocked = targets
          .filter(({ instanceLabel }) => instanceLabel === "Blue")
          .map((one) => eventOf(one, "BlockTraffic"));
        assert.deepEqual([allowed.length, blocked.length], [6, 6]);
        assert(Math.max(...allowed.map(({ end }) => end)) <= Math.min(...blocked.map(({ start }) => start)));
        const tag = (await cloud.scalingGroup(copy))?.Tags?.find(
          ({ Key }) => Key === "CodeDeployProvisioningDeploymentId",
        );
        assert.equal(tag?.Value, id);
        await cloud.deploy.send(
          new ContinueDeploymentCommand({ deploymentId: id, deploymentWaitType: "TERMINATION_WAIT" }),
        );
        await cloud.ends(id, "Succeeded");
        assert.deepEqual(await cloud.scalingGroups(), [copy]);
      },
    );
  },
);

const stopUnlessRefused = "[ ! -e /var/refuse ] || exit 1\n. $(dirname $0)/stop.sh";

const eventOf = ({ lifecycleEvents = [] }: InstanceTarget, name: string) => {
  const event = lifecycleEvents.find(({ lifecycleEventName }) => lifecycleEventName === name);
  assert(event?.startTime && event.endTime, `${name} has run`);
  return { start: event.startTime.getTime(), end: event.endTime.getTime() };
};

async function hooksOn({ scaling }: TrafficFixture, AutoScalingGroupName: string) {
  return (await scaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }))).LifecycleHooks ?? [];
}

/** Waits until an instance has ended. */
async function ended({ ec2 }: TrafficFixture, id = ""): Promise<void> {
  await eventually(`${id} has ended`, async () => {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return Reservations[0]?.Instances?.[0]?.State?.Name === "terminated" || undefined;
  });
}
