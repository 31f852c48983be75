import assert from "node:assert/strict";
import { test } from "node:test";
import { DescribeLifecycleHooksCommand, SetDesiredCapacityCommand } from "@aws-sdk/client-auto-scaling";
import { GetDeploymentGroupCommand, UpdateDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import { eventually } from "../support/eventually.ts";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { createdBy, deploymentsOf } from "../support/created-deployment.ts";
import { copying, skip, TrafficFixture, type BalancedTargetGroup } from "../support/traffic-fixture.ts";

const applicationName = "web";
const current = { applicationName, currentDeploymentGroupName: "web" };

/** Moments of a deployment, each as what the server has just decided. */
const inPlaceMoments = {
  "before processes are suspended": /"do":"start step".*"step":"suspend processes"/,
  "while processes are suspended": /"do":"note progress".*are suspended on fleet/,
  "while traffic is blocked": /"do":"run".*"event":"BlockTraffic"/,
  "while a registration drains": /"do":"note progress".*drains/,
  "between blocking and allowing traffic": /"do":"run".*"event":"ApplicationStart"/,
  "while traffic is allowed": /"do":"run".*"event":"AllowTraffic"/,
};
const scalingMoments = [
  ["while a launched instance gets traffic", "autoscaling", 3, /"do":"run".*"event":"AllowTraffic"/],
  ["before a launch goes on", "autoscaling", 4, /"do":"start step".*"step":"complete lifecycle action"/],
  ["while an ending instance is blocked", "autoscalingTermination", 3, /"do":"run".*"event":"BlockTraffic"/],
  [
    "before a termination goes on",
    "autoscalingTermination",
    2,
    /"do":"start step".*"step":"complete lifecycle action"/,
  ],
] as const;
const blueGreenMoments = {
  "before the Auto Scaling group is copied": /"step":"copy Auto Scaling group"/,
  "while the copy grows": /"do":"note progress".*launches 2 instances/,
  "between the copy's install and its traffic": /"do":"run".*"event":"BeforeAllowTraffic"/,
  "while the copy gets traffic": /"do":"run".*"event":"AllowTraffic"/,
  "while the original is blocked": /"do":"run".*"event":"BlockTraffic"/,
  "while the original drains": /"do":"note progress".*drains/,
  "while processes are resumed": /"do":"start step".*"step":"resume processes"/,
  "while the deployment group is moved": /"do":"start step".*"step":"move deployment group"/,
  "before the original ends": /"do":"start step".*"step":"end original instances"/,
  "while the original ends": /"do":"note progress".*is being deleted/,
};

test(
  "a server killed at any moment of a deployment behind a load balancer finishes it, and leaves nothing behind",
  { skip, timeout: 300_000 },
  async (t) => {
    const cloud = await TrafficFixture.open(t, "--time-scale", "2");
    const targetGroup = await cloud.balancedTargetGroup("web", 2);
    const hosts = await cloud.fleet("fleet", 2, targetGroup);
    await cloud.group("web", { targetGroup, autoScalingGroups: ["fleet"] });
    await cloud.ends(await cloud.begin("web", "1"), "Succeeded");
    await cloud.serves(targetGroup, hosts);

    await suspending(cloud, ["AZRebalance", "Terminate"]);
    for (const [name, moment] of Object.entries(inPlaceMoments))
      await t.test(`in place, ${name}`, async () => {
        const id = await cloud.begin("web", name);
        await killAt(cloud, id, moment);
        await cloud.ends(id, "Succeeded");
        await cloud.decided(id, /"suspended":\{"fleet":\["AZRebalance","Terminate"\]\}/);
        await cloud.serves(targetGroup, hosts);
        await isWhole(cloud, targetGroup, { scalingGroup: "fleet", version: name });
      });

    await suspending(cloud, []);
    await cloud.deploy.send(new UpdateDeploymentGroupCommand({ ...current, terminationHookEnabled: true }));
    for (const [name, creator, size, moment] of scalingMoments)
      await t.test(`a fleet of ${size}, ${name}`, async () => {
        const known = await deploymentsOf(cloud);
        await cloud.scaling.send(
          new SetDesiredCapacityCommand({ AutoScalingGroupName: "fleet", DesiredCapacity: size }),
        );
        const id = await createdBy(cloud, creator, known);
        await killAt(cloud, id, moment);
        await cloud.ends(id, "Succeeded");
        await cloud.serves(targetGroup, await cloud.inService("fleet", size));
      });
    await cloud.deploy.send(new UpdateDeploymentGroupCommand({ ...current, terminationHookEnabled: false }));
    await cloud.deploy.send(new UpdateDeploymentGroupCommand({ ...current, ...copying() }));
    for (const [name, moment] of Object.entries(blueGreenMoments))
      await t.test(`blue/green, ${name}`, async () => {
        const id = await cloud.begin("web", name);
        await killAt(cloud, id, moment);
        await cloud.ends(id, "Succeeded");
        const scalingGroup = `CodeDeploy_web_${id}`;
        await cloud.serves(targetGroup, await cloud.inService(scalingGroup, 2));
        await isWhole(cloud, targetGroup, { scalingGroup, version: name });
      });
  },
);

/** Sets which processes of its Auto Scaling group are suspended during deployments. AWS's SDK lacks that member. */
async function suspending(cloud: TrafficFixture, autoScalingGroupProcessesToSuspend: readonly string[]): Promise<void> {
  const { endpoint, region, credentials } = await cloud.sluice.clientOptions();
  const body = JSON.stringify({
    ...current,
    ec2DeploymentOptions: { autoScalingGroupProcessesToSuspend },
  });
  const headers = signHeaders({
    method: "POST",
    url: new URL(endpoint),
    body,
    credentials,
    region,
    service: "codedeploy",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "CodeDeploy_20141006.UpdateDeploymentGroup",
    },
  });
  const answer = await fetch(endpoint, { method: "POST", headers, body });
  assert.equal(answer.status, 200, await answer.text());
}

async function killAt(cloud: TrafficFixture, id: string, moment: RegExp): Promise<void> {
  await cloud.decided(id, moment);
  await cloud.sluice.kill();
  await cloud.sluice.open();
}

/** Asserts that one Auto Scaling group exists, with no suspended processes and one hook; that the deployment group has it; and that it serves the version. */
async function isWhole(
  cloud: TrafficFixture,
  { url }: BalancedTargetGroup,
  { scalingGroup, version }: { scalingGroup: string; version: string },
): Promise<void> {
  assert.deepEqual(await cloud.scalingGroups(), [scalingGroup]);
  assert.deepEqual((await cloud.scalingGroup(scalingGroup))?.SuspendedProcesses, []);
  const query = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: scalingGroup });
  const hooks = (await cloud.scaling.send(query)).LifecycleHooks?.map(({ LifecycleHookName }) => LifecycleHookName);
  assert.equal(hooks?.length, 1, `one hook, not ${hooks?.join(", ")}`);
  const { deploymentGroupInfo } = await cloud.deploy.send(
    new GetDeploymentGroupCommand({ applicationName, deploymentGroupName: "web" }),
  );
  assert.deepEqual(deploymentGroupInfo?.autoScalingGroups, [{ name: scalingGroup, hook: hooks[0] }]);
  // The server is ready before its load balancers, which need the instances' network, so the deployment may end first.
  await eventually("the load balancer listens again", () => fetch(url).catch(() => undefined));
  for (let look = 0; look < 4; look += 1)
    assert.match(await (await fetch(url)).text(), new RegExp(`version ${version},`));
}
