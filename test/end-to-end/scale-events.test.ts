// Instances that Auto Scaling ends and launches while a deployment waits for somebody to continue it, or because they are refreshed.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DescribeInstanceRefreshesCommand,
  SetDesiredCapacityCommand,
  StartInstanceRefreshCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { ContinueDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { createdBy, deploymentsOf } from "../support/created-deployment.ts";
import { eventually } from "../support/eventually.ts";
import { copying, skip, TrafficFixture } from "../support/traffic-fixture.ts";

test(
  "what joins either fleet while a deployment is ready takes part when it goes on, and what has left keeps nobody waiting",
  { skip, timeout: 240_000 },
  async (t) => {
    const cloud = await TrafficFixture.open(t);
    const targetGroup = await cloud.balancedTargetGroup("web", 1);
    const { blueGreenDeploymentConfiguration, ...style } = copying();
    await cloud.fleet("fleet", 2, targetGroup);
    await cloud.group("web", { targetGroup, autoScalingGroups: ["fleet"] });
    await cloud.ends(await cloud.begin("web", "1"), "Succeeded");
    await cloud.group("gated", {
      targetGroup,
      autoScalingGroups: ["fleet"],
      ...style,
      blueGreenDeploymentConfiguration: {
        ...blueGreenDeploymentConfiguration,
        deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 30 },
      },
    });

    const id = await cloud.begin("gated", "2", { fileExistsBehavior: "OVERWRITE" });
    await eventually("it is ready", async () => (await cloud.info(id)).status === "Ready" || undefined, 60);
    const copy = `CodeDeploy_gated_${id}`;
    const [gone = "", stays = ""] = await cloud.inService(copy, 2);
    await cloud.scaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: gone, ShouldDecrementDesiredCapacity: false }),
    );
    const original = await cloud.inService("fleet", 2);
    const known = await deploymentsOf(cloud);
    await cloud.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: "fleet", DesiredCapacity: 3 }));
    await cloud.ends(await createdBy(cloud, "autoscaling", known), "Succeeded");
    const grown = await cloud.inService("fleet", 3);
    await cloud.serves(targetGroup, grown);
    const [comer = ""] = grown.filter((one) => !original.includes(one));
    const [fresh = ""] = (await replaced(cloud, copy, gone)).filter((one) => one !== stays);
    await cloud.deploy.send(new ContinueDeploymentCommand({ deploymentId: id, deploymentWaitType: "READY_WAIT" }));
    await cloud.ends(id, "Succeeded");

    const targets = (await cloud.targets(id)).map(
      ({ targetId, instanceLabel, status }) => `${targetId} ${instanceLabel} ${status}`,
    );
    const wanted = [
      `${gone} Green Skipped`,
      ...[stays, fresh].map((one) => `${one} Green Succeeded`),
      ...[...original, comer].map((one) => `${one} Blue Succeeded`),
    ];
    assert.deepEqual(targets.toSorted(), wanted.toSorted());
    await cloud.serves(targetGroup, [stays, fresh]);
    assert.deepEqual(await cloud.scalingGroups(), [copy]);
    const page = await (await fetch(targetGroup.url)).text();
    assert.match(page, /version 2,/);
  },
);

test(
  "an instance refresh brings each replacement the last successful revision before the next instance goes",
  { skip, timeout: 180_000 },
  async (t) => {
    const cloud = await TrafficFixture.open(t);
    const targetGroup = await cloud.balancedTargetGroup("web", 1);
    const before = await cloud.fleet("fleet", 2, targetGroup);
    await cloud.group("web", { targetGroup, autoScalingGroups: ["fleet"] });
    await cloud.ends(await cloud.begin("web", "1"), "Succeeded");
    await cloud.serves(targetGroup, before);

    const AutoScalingGroupName = "fleet";
    await cloud.scaling.send(
      new StartInstanceRefreshCommand({ AutoScalingGroupName, Preferences: { MinHealthyPercentage: 50 } }),
    );
    const refresh = await eventually(
      "the refresh has ended",
      async () => {
        const query = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName });
        const { InstanceRefreshes: [found] = [] } = await cloud.scaling.send(query);
        return found?.EndTime === undefined ? undefined : found;
      },
      90,
    );

    assert.equal(refresh.Status, "Successful");
    const after = await cloud.inService("fleet", 2);
    assert.deepEqual(
      after.filter((id) => before.includes(id)),
      [],
    );
    await cloud.serves(targetGroup, after);
    const launches = (await deploymentsOf(cloud)).slice(0, 2);
    const spans: (readonly [from: number, to: number])[] = [];
    for (const id of launches) {
      const { creator, status, createTime, completeTime } = await cloud.info(id);
      assert.deepEqual([creator, status], ["autoscaling", "Succeeded"]);
      spans.push([createTime?.getTime() ?? 0, completeTime?.getTime() ?? 0]);
    }
    const [later, earlier] = spans;
    assert((later?.[0] ?? 0) > (earlier?.[1] ?? 0), "one replacement after the other");
  },
);

/** Waits until an instance has been replaced; returns those that are in service then. */
async function replaced(cloud: TrafficFixture, name: string, gone: string): Promise<readonly string[]> {
  return eventually(
    `${gone} has been replaced`,
    async () => {
      const ids = await cloud.inService(name, 2);
      return ids.includes(gone) ? undefined : ids;
    },
    60,
  );
}
