// Deployment groups and Auto Scaling groups of the local cloud: hooks come and go with the group, before the API answers.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DeleteLifecycleHookCommand,
  DescribeLifecycleHooksCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  DeleteApplicationCommand,
  DeleteDeploymentGroupCommand,
  GetDeploymentGroupCommand,
  ListDeploymentGroupsCommand,
  UpdateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { openServerFixture } from "../support/server-fixture.ts";
import { freePort } from "../../packages/cloud/test/targets.ts";
import { openGateways } from "../../packages/server/src/gateways/gateways.ts";
import { restoreHooks, syncHooks } from "../../packages/server/src/reconciler/scaling/managed-hooks.ts";
import { isFault, openApi, serviceRoleArn } from "./api-fixture.ts";

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const rights = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "autoscaling:*", Resource: "*" }],
});

test("a group's hooks are on its Auto Scaling groups when it is made, changed and deleted", async (t) => {
  const sluice = await openServerFixture(t);
  const [scaling, deploy] = [new AutoScalingClient(sluice.as()), new CodeDeployClient(sluice.as())];
  const [iam, ec2] = [new IAMClient(sluice.as()), new EC2Client(sluice.as())];
  t.after(() => [scaling, deploy, iam, ec2].forEach((client) => client.destroy()));
  const role = new CreateRoleCommand({ RoleName: "deployer", AssumeRolePolicyDocument: trust });
  const serviceRoleArn = (await iam.send(role)).Role?.Arn;
  const policy = { RoleName: "deployer", PolicyName: "scaling", PolicyDocument: rights };
  await iam.send(new PutRolePolicyCommand(policy));
  await makeGroups(scaling, ec2);
  const hooksOn = async (AutoScalingGroupName: string) =>
    (await scaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }))).LifecycleHooks ?? [];
  const name = { applicationName: "shop", deploymentGroupName: "my_group" };
  await deploy.send(new CreateApplicationCommand({ applicationName: "shop" }));

  const { deploymentGroupId } = await deploy.send(
    new CreateDeploymentGroupCommand({ ...name, serviceRoleArn, autoScalingGroups: ["one"] }),
  );
  const [hook, ...others] = await hooksOn("one");
  assert.equal(others.length, 0);
  assert.match(
    hook?.LifecycleHookName ?? "",
    /^CodeDeploy-managed-automatic-launch-deployment-hook-mygroup-[0-9a-f-]{36}$/,
  );
  assert.equal(hook?.NotificationMetadata, deploymentGroupId);
  const { deploymentGroupInfo } = await deploy.send(new GetDeploymentGroupCommand(name));
  assert.deepEqual(deploymentGroupInfo?.autoScalingGroups, [{ name: "one", hook: hook?.LifecycleHookName }]);

  const current = { applicationName: "shop", currentDeploymentGroupName: "my_group" };
  await deploy.send(
    new UpdateDeploymentGroupCommand({ ...current, autoScalingGroups: ["two"], terminationHookEnabled: true }),
  );
  assert.deepEqual([(await hooksOn("one")).length, (await hooksOn("two")).length], [0, 2]);

  const names = async () => (await hooksOn("two")).map(({ LifecycleHookName = "" }) => LifecycleHookName).toSorted();
  const before = await names();
  const again = new UpdateDeploymentGroupCommand({ ...current, autoScalingGroups: ["two"] });
  await deploy.send(again);
  assert.deepEqual(await names(), before, "a hook that is in its place may hold instances, and stays");
  for (const LifecycleHookName of before)
    await scaling.send(new DeleteLifecycleHookCommand({ AutoScalingGroupName: "two", LifecycleHookName }));
  await deploy.send(again);
  const renewed = await names();
  assert.deepEqual(
    [renewed.length, renewed.filter((one) => before.includes(one))],
    [2, []],
    "new hooks have new names",
  );
  const shown = (await deploy.send(new GetDeploymentGroupCommand(name))).deploymentGroupInfo?.autoScalingGroups?.[0];
  assert.deepEqual([shown?.hook ?? "", shown?.terminationHook ?? ""].toSorted(), renewed);

  const unknown = new UpdateDeploymentGroupCommand({ ...current, autoScalingGroups: ["two", "three"] });
  await assert.rejects(deploy.send(unknown), isFault("InvalidAutoScalingGroup"));
  const kept = (await deploy.send(new GetDeploymentGroupCommand(name))).deploymentGroupInfo?.autoScalingGroups;
  assert.deepEqual(
    kept?.map((group) => group.name),
    ["two"],
  );
  const second = { ...name, deploymentGroupName: "second", serviceRoleArn, autoScalingGroups: ["one", "three"] };
  await assert.rejects(deploy.send(new CreateDeploymentGroupCommand(second)), isFault("InvalidAutoScalingGroup"));
  const listed = await deploy.send(new ListDeploymentGroupsCommand({ applicationName: "shop" }));
  assert.deepEqual([listed.deploymentGroups, await hooksOn("one")], [["my_group"], []]);

  assert.deepEqual((await deploy.send(new DeleteDeploymentGroupCommand(name))).hooksNotCleanedUp, []);
  assert.equal((await hooksOn("two")).length, 0);
  await deploy.send(new CreateDeploymentGroupCommand({ ...name, serviceRoleArn, autoScalingGroups: ["one"] }));
  await deploy.send(new DeleteApplicationCommand({ applicationName: "shop" }));
  assert.equal((await hooksOn("one")).length, 0);
});

/** A control plane with one application, whose hooks are kept on the Auto Scaling groups of a local cloud. */
async function openShop(t: TestContext) {
  const sluice = await openServerFixture(t);
  const [scaling, ec2] = [new AutoScalingClient(sluice.as()), new EC2Client(sluice.as())];
  t.after(() => [scaling, ec2].forEach((client) => client.destroy()));
  await makeGroups(scaling, ec2);
  const gateways = openGateways({ at: "self", config: () => sluice.as() });
  t.after(() => gateways.close());
  const { client, store } = await openApi(t, (store) => (group, on) => syncHooks({ store, gateways }, group, on));
  const name = { applicationName: "shop", deploymentGroupName: "web" };
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  return { scaling, gateways, client, store, name };
}

test("a hook that somebody removes is replaced by one with a name of its own", async (t) => {
  const { scaling, gateways, client, store, name } = await openShop(t);
  const { deploymentGroupId: groupId = "" } = await client.send(
    new CreateDeploymentGroupCommand({ ...name, serviceRoleArn, autoScalingGroups: ["one"] }),
  );
  const [installed] = store.scaling.of(groupId);
  const AutoScalingGroupName = "one";
  await scaling.send(new DeleteLifecycleHookCommand({ AutoScalingGroupName, LifecycleHookName: installed?.name }));

  assert.deepEqual(await restoreHooks({ store, gateways }), [installed]);
  const { LifecycleHooks = [] } = await scaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }));
  const [renewed] = store.scaling.of(groupId);
  assert.deepEqual(
    LifecycleHooks.map(({ LifecycleHookName }) => LifecycleHookName),
    [renewed?.name],
  );
  assert.notEqual(renewed?.name, installed?.name);
  assert.deepEqual(await restoreHooks({ store, gateways }), []);
});

test("a hook is in the books before it is installed, is not missed meanwhile, and leaves them when it cannot be", async (t) => {
  const { scaling, gateways, client, store, name } = await openShop(t);
  const { deploymentGroupId: groupId = "" } = await client.send(
    new CreateDeploymentGroupCommand({ ...name, serviceRoleArn }),
  );
  const booked: (readonly string[])[] = [];
  const looks: ReturnType<typeof restoreHooks>[] = [];
  (await gateways.as(serviceRoleArn).autoScaling()).middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "PutLifecycleHookCommand") {
          booked.push(store.scaling.of(groupId).map(({ scalingGroup }) => scalingGroup));
          looks.push(restoreHooks({ store, gateways }));
        }
        return next(args);
      },
    { step: "initialize" },
  );
  const current = { applicationName: "shop", currentDeploymentGroupName: "web" };

  await client.send(new UpdateDeploymentGroupCommand({ ...current, autoScalingGroups: ["one"] }));
  const group = store.groups.byId(groupId);
  assert(group);
  await assert.rejects(syncHooks({ store, gateways }, group, ["one", "none"]));

  assert.deepEqual((await Promise.all(looks)).flat(), []);
  assert.deepEqual(booked, [["one"], ["none", "one"]]);
  const { LifecycleHooks = [] } = await scaling.send(
    new DescribeLifecycleHooksCommand({ AutoScalingGroupName: "one" }),
  );
  assert.deepEqual(
    store.scaling.of(groupId).map((hook) => [hook.scalingGroup, hook.name]),
    LifecycleHooks.map((hook) => ["one", hook.LifecycleHookName]),
  );
});

/** Two Auto Scaling groups without instances: one and two. */
async function makeGroups(scaling: AutoScalingClient, ec2: EC2Client): Promise<void> {
  const LaunchTemplateData = { ImageId: "ami-00000000000000001" };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData }));
  for (const AutoScalingGroupName of ["one", "two"])
    await scaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName,
        MinSize: 0,
        MaxSize: 1,
        AvailabilityZones: ["eu-west-1a"],
        LaunchTemplate: { LaunchTemplateName: "web" },
      }),
    );
}

test("A28: a hook that cannot be removed is listed as not cleaned up, and stays in the books", async (t) => {
  // Nothing listens at Auto Scaling's endpoint.
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const config = { region: "us-east-1", endpoint, credentials, maxAttempts: 1 };
  const gateways = openGateways({ at: "self", config: () => config });
  t.after(() => gateways.close());
  const { client, store } = await openApi(t, (store) => (group, on) => syncHooks({ store, gateways }, group, on));
  const name = { applicationName: "shop", deploymentGroupName: "web" };
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  const { deploymentGroupId: groupId = "" } = await client.send(
    new CreateDeploymentGroupCommand({ ...name, serviceRoleArn }),
  );
  const left = { groupId, scalingGroup: "fleet", transition: "launch" as const, name: "its-hook" };
  await store.write(() => store.scaling.add(left));

  const current = { applicationName: "shop", currentDeploymentGroupName: "web" };
  const updated = await client.send(new UpdateDeploymentGroupCommand({ ...current, autoScalingGroups: [] }));
  assert.deepEqual(updated.hooksNotCleanedUp, [{ name: "fleet", hook: "its-hook" }]);
  assert.deepEqual(store.scaling.of(groupId), [left]);
  const deleted = await client.send(new DeleteDeploymentGroupCommand(name));
  assert.deepEqual(deleted.hooksNotCleanedUp, [{ name: "fleet", hook: "its-hook" }]);
});
