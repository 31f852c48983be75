// A deployment group on an Auto Scaling group with a warm pool: instances get the revision on their way into the pool, and once more, with their traffic, on their way out of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DescribeWarmPoolCommand, PutWarmPoolCommand, SetDesiredCapacityCommand } from "@aws-sdk/client-auto-scaling";
import { UpdateDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import { IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { createdBy, deploymentsOf } from "../support/created-deployment.ts";
import { eventually } from "../support/eventually.ts";
import { skip, TrafficFixture } from "../support/traffic-fixture.ts";

const AutoScalingGroupName = "fleet";

test(
  "an instance of a warm pool gets the last successful revision before it rests, before it serves, and stops when it returns",
  { skip, timeout: 240_000 },
  async (t) => {
    const cloud = await TrafficFixture.open(t, "--service-roles");
    const targetGroup = await cloud.balancedTargetGroup("web", 1);
    const [original = ""] = await cloud.fleet("fleet", 1, targetGroup);
    await cloud.group("web", { targetGroup, autoScalingGroups: ["fleet"] });
    await cloud.ends(await cloud.begin("web", "1", { scripts: { ValidateService: notesTarget } }), "Succeeded");
    const resize = (DesiredCapacity: number) =>
      cloud.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity }));

    const first = await deploymentsOf(cloud);
    await cloud.scaling.send(
      new PutWarmPoolCommand({
        AutoScalingGroupName,
        MaxGroupPreparedCapacity: 2,
        InstanceReusePolicy: { ReuseOnScaleIn: true },
      }),
    );
    await cloud.sluice.printed(/Instances that wait for the warm pool of fleet get no deployment: .*DescribeWarmPool/);
    await allowPools(cloud);
    const launch = await createdBy(cloud, "autoscaling", first);
    await cloud.ends(launch, "Succeeded");
    const [target] = await cloud.targets(launch);
    const events = target?.lifecycleEvents?.map((event) => event.lifecycleEventName) ?? [];
    assert.deepEqual([events.at(-1), events.includes("AllowTraffic")], ["ValidateService", false]);
    const id = await pooled(cloud, "Warmed:Stopped");
    await cloud.serves(targetGroup, [original]);

    const second = await deploymentsOf(cloud);
    await resize(2);
    const again = await createdBy(cloud, "autoscaling", second);
    await cloud.ends(again, "Succeeded");
    assert.deepEqual((await cloud.inService("fleet", 2)).toSorted(), [original, id].toSorted());
    await cloud.serves(targetGroup, [original, id]);
    const { stdout } = await cloud.sluice.cli("exec", id, "--", "cat", "/var/targets");
    assert.deepEqual(stdout.trim().split("\n"), ["Warmed:Stopped", "InService"]);

    await cloud.deploy.send(
      new UpdateDeploymentGroupCommand({
        applicationName: "web",
        currentDeploymentGroupName: "web",
        terminationHookEnabled: true,
      }),
    );
    const third = await deploymentsOf(cloud);
    await resize(1);
    const stop = await createdBy(cloud, "autoscalingTermination", third);
    await cloud.ends(stop, "Succeeded");
    const returned = await pooled(cloud, "Warmed:Stopped");
    const [left] = await cloud.targets(stop);
    assert.equal(left?.targetId, returned);
    await cloud.serves(
      targetGroup,
      [original, id].filter((one) => one !== returned),
    );
  },
);

/** A script that records the instance's target lifecycle state in its metadata. */
const notesTarget = `
at=http://169.254.169.254/latest
token=$(curl -sS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $at/api/token)
curl -sS -H "X-aws-ec2-metadata-token: $token" -w '\\n' $at/meta-data/autoscaling/target-lifecycle-state >> /var/targets`;

/** AWS's managed policy for roles of deployment groups does not let them see warm pools. */
async function allowPools(cloud: TrafficFixture): Promise<void> {
  const iam = new IAMClient(await cloud.sluice.clientOptions());
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "autoscaling:DescribeWarmPool", Resource: "*" }],
  });
  await iam.send(new PutRolePolicyCommand({ RoleName: "deploy", PolicyName: "pools", PolicyDocument }));
  iam.destroy();
}

/** Waits until the pool's one instance is in a state; returns its id. */
const pooled = ({ scaling }: TrafficFixture, state: string): Promise<string> =>
  eventually(
    `the pool's instance is ${state}`,
    async () => {
      const { Instances = [] } = await scaling.send(new DescribeWarmPoolCommand({ AutoScalingGroupName }));
      return Instances.length === 1 && Instances[0]?.LifecycleState === state ? Instances[0].InstanceId : undefined;
    },
    60,
  );
