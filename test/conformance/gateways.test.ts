// The gateways against moto, a substitute for AWS that we did not write. It stores what it gets and answers in AWS's shapes, but simulates no hooks, health or draining.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateAutoScalingGroupCommand,
  DescribeLifecycleHooksCommand,
  DescribePoliciesCommand,
  PutScalingPolicyCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CreateLaunchTemplateCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeSubnetsCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients } from "../../packages/server/src/gateways/clients.ts";
import { scalingGroupInstances, taggedInstances } from "../../packages/server/src/gateways/fleet.ts";
import { deleteHook, hooksOf, putHook } from "../../packages/server/src/gateways/lifecycle-hooks.ts";
import { scalingGroups } from "../../packages/server/src/gateways/scaling-groups.ts";
import { openMoto, record, toTheEnd } from "../support/moto.ts";
import { whyMissing } from "../support/why-missing.ts";

const skip = await whyMissing("moto_server");

test("the gateways make the calls that AWS wants, in their order", { skip, timeout: 120_000 }, async (t) => {
  const clients = await openMoto(t);
  const { instances, subnets } = await furnish(clients);
  const calls = await record(clients.autoScaling(), clients.loadBalancing());

  await t.test("instances are found by Auto Scaling group, and by one tag of every set", async () => {
    const found = await scalingGroupInstances(clients, ["fleet"]);
    assert.deepEqual(found.map(({ id }) => id).toSorted(), instances);
    const [first = ""] = instances;
    const tag = (Key: string, Value: string) => ({ Key, Value, Type: "KEY_AND_VALUE" as const });
    await (
      await clients.ec2()
    ).send(new CreateTagsCommand({ Resources: [first], Tags: [{ Key: "Stage", Value: "one" }] }));
    const fleet = [tag("Role", "web")];
    assert.equal((await taggedInstances(clients, [fleet])).length, 2);
    const both = await taggedInstances(clients, [fleet, [tag("Stage", "none"), tag("Stage", "one")]]);
    assert.deepEqual(
      both.map(({ id, state }) => [id, state]),
      [[first, "running"]],
    );
  });

  await t.test("a hook is put, found and removed, twice without harm", async () => {
    const hook = { scalingGroup: "fleet", transition: "launch" as const, name: "CodeDeploy-managed-automatic-launch" };
    await putHook(clients, hook, "group-id");
    const query = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: "fleet" });
    const [kept] = (await (await clients.autoScaling()).send(query)).LifecycleHooks ?? [];
    assert.deepEqual(
      [kept?.LifecycleTransition, kept?.HeartbeatTimeout, kept?.DefaultResult],
      ["autoscaling:EC2_INSTANCE_LAUNCHING", 600, "ABANDON"],
    );
    await deleteHook(clients, hook);
    await deleteHook(clients, hook);
    assert.deepEqual(await hooksOf(clients, "fleet"), []);
  });

  await t.test("an instance leaves its target group and comes back", async () => {
    const [instance = ""] = instances;
    const targetGroup = await balance(clients, { instances, subnets });
    const balancers = { targetGroups: ["web"], classic: [] };
    const checked = await toTheEnd(clients, {
      kind: "check load balancers",
      balancers,
      instances,
      scalingGroups: ["fleet"],
    });
    assert.deepEqual(checked.balancers, { unknown: [], idle: [], registered: 2, elsewhere: [] });
    calls.length = 0;
    const { registrations = [] } = await toTheEnd(clients, { kind: "block traffic", instance, balancers });
    assert.deepEqual(registrations, [{ targetGroup, port: 8080 }]);
    await toTheEnd(clients, { kind: "allow traffic", instance, balancers, registrations });
    const changes = calls.filter(({ name }) => !name.startsWith("Describe"));
    const TargetGroupArn = targetGroup;
    const Targets = [{ Id: instance, Port: 8080 }];
    assert.deepEqual(changes, [
      { name: "DeregisterTargets", input: { TargetGroupArn, Targets } },
      { name: "RegisterTargets", input: { TargetGroupArn, Targets } },
    ]);
  });

  await t.test("processes are suspended but for those that rest already, and only ours are resumed", async () => {
    const processes = ["AZRebalance", "Terminate"];
    await toTheEnd(clients, { kind: "suspend processes", scalingGroups: ["fleet"], processes: ["Terminate"] });
    const { suspended } = await toTheEnd(clients, { kind: "suspend processes", scalingGroups: ["fleet"], processes });
    assert.deepEqual(suspended, { fleet: ["AZRebalance"] });
    await toTheEnd(clients, { kind: "resume processes", suspended: { fleet: ["AZRebalance"] } });
    const [fleet] = await scalingGroups(clients, ["fleet"]);
    assert.deepEqual(
      fleet?.SuspendedProcesses?.map(({ ProcessName }) => ProcessName),
      ["Terminate"],
    );
  });

  await t.test("an Auto Scaling group is copied empty and at rest, grows, and the original goes", async () => {
    calls.length = 0;
    const copying = { kind: "copy Auto Scaling group", from: "fleet", to: "copy", deploymentId: "d-1" } as const;
    const { remarks = [] } = await toTheEnd(clients, copying);
    assert.equal(remarks.length, 1, remarks.join("; "));
    assert.match(remarks.join(), /^Notifications of fleet could not be copied: /); // moto knows none
    const changes = calls.map(({ name }) => name).filter((name) => !name.startsWith("Describe"));
    assert.deepEqual(changes, [
      "CreateAutoScalingGroup",
      "SuspendProcesses",
      "PutScalingPolicy",
      "UpdateAutoScalingGroup",
    ]);
    const [copy] = await scalingGroups(clients, ["copy"]);
    assert.deepEqual([copy?.MinSize, copy?.DesiredCapacity, copy?.MaxSize, copy?.Instances?.length], [1, 2, 4, 2]);
    const tags = copy?.Tags?.map(({ Key, Value }) => `${Key}=${Value}`);
    assert.deepEqual(tags?.toSorted(), ["CodeDeployProvisioningDeploymentId=d-1", "Role=web"]);
    const resting = copy?.SuspendedProcesses?.map(({ ProcessName = "" }) => ProcessName);
    assert.deepEqual(resting?.toSorted(), ["AddToLoadBalancer", "AlarmNotification", "ScheduledActions"]);
    const query = new DescribePoliciesCommand({ AutoScalingGroupName: "copy" });
    assert.equal((await (await clients.autoScaling()).send(query)).ScalingPolicies?.[0]?.PolicyName, "grow");
    await toTheEnd(clients, { kind: "end original instances", scalingGroups: ["fleet"], instances });
    assert.deepEqual(
      calls.filter(({ name }) => name.startsWith("Delete")).map(({ input }) => input),
      [{ AutoScalingGroupName: "fleet", ForceDelete: true }],
    );
    assert.deepEqual(await scalingGroups(clients, ["fleet"]), []);
  });
});

/** A group of two instances with a scaling policy. */
async function furnish(clients: Clients) {
  const [ec2, scaling] = [await clients.ec2(), await clients.autoScaling()];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ MaxResults: 5 }));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const subnets = Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId);
  const LaunchTemplateData = { ImageId: Images[0]?.ImageId, InstanceType: "t3.micro" as const };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData }));
  await scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: "fleet",
      MinSize: 1,
      MaxSize: 4,
      DesiredCapacity: 2,
      LaunchTemplate: { LaunchTemplateName: "web", Version: "$Latest" },
      VPCZoneIdentifier: subnets.join(),
      Tags: [{ Key: "Role", Value: "web", PropagateAtLaunch: true }],
    }),
  );
  await scaling.send(
    new PutScalingPolicyCommand({
      AutoScalingGroupName: "fleet",
      PolicyName: "grow",
      PolicyType: "SimpleScaling",
      AdjustmentType: "ChangeInCapacity",
      ScalingAdjustment: 1,
    }),
  );
  const [fleet] = await scalingGroups(clients, ["fleet"]);
  return { subnets, instances: (fleet?.Instances ?? []).map(({ InstanceId = "" }) => InstanceId).toSorted() };
}

/** Creates a target group behind a load balancer, with these instances. Returns its ARN. */
async function balance(
  clients: Clients,
  { instances, subnets }: { readonly instances: readonly string[]; readonly subnets: string[] },
): Promise<string> {
  const balancing = await clients.loadBalancing();
  const { Subnets = [] } = await (await clients.ec2()).send(new DescribeSubnetsCommand({ SubnetIds: subnets }));
  const { TargetGroups = [] } = await balancing.send(
    new CreateTargetGroupCommand({ Name: "web", Protocol: "HTTP", Port: 8080, VpcId: Subnets[0]?.VpcId }),
  );
  const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
  const { LoadBalancers = [] } = await balancing.send(new CreateLoadBalancerCommand({ Name: "web", Subnets: subnets }));
  await balancing.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
    }),
  );
  await balancing.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: instances.map((Id) => ({ Id })) }));
  return TargetGroupArn;
}
