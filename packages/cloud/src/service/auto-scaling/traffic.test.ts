import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  AttachLoadBalancerTargetGroupsCommand,
  DescribeLoadBalancerTargetGroupsCommand,
  DetachLoadBalancerTargetGroupsCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
} from "@aws-sdk/client-auto-scaling";
import { ModifyTargetGroupAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { eventually } from "../../../../../test/support/eventually.ts";
import { AutoScalingGroupName, openFleet } from "../../../test/scaling-fleet.ts";
import { openBalanced } from "../../../test/targets.ts";

/** A group behind a target group that a load balancer forwards to; nothing answers on its instances. */
async function openBalancedFleet(t: TestContext, desired: number, more: object = {}, options: object = {}) {
  const { fleet, cloud } = await openFleet(t, options);
  const balanced = await openBalanced(t, cloud, { TargetType: "instance", UnhealthyThresholdCount: 2 });
  await fleet.create(desired, { TargetGroupARNs: [balanced.group], ...more });
  return { fleet, balanced, about: { AutoScalingGroupName, TargetGroupARNs: [balanced.group] } };
}

test("instances are registered when they come into service, and drain before they are ended", async (t) => {
  const { fleet, balanced } = await openBalancedFleet(t, 1, {}, { timeScale: 60 });
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "120" }];
  await balanced.elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: balanced.group, Attributes }));
  await fleet.reaches("InService");
  assert.equal((await balanced.states()).length, 1);

  await fleet.resize(0);
  await fleet.reaches("Terminating");

  assert.match((await balanced.states()).join(), /^draining/);
  await fleet.reaches();
  assert.deepEqual(await balanced.states(), []);
});

test("without AddToLoadBalancer an instance is not registered, nor when the process is resumed", async (t) => {
  const { fleet, balanced, about } = await openBalancedFleet(t, 0);
  const ScalingProcesses = ["AddToLoadBalancer"];
  await fleet.client.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses }));
  await fleet.resize(1);
  const [first] = await fleet.reaches("InService");
  await fleet.client.send(new ResumeProcessesCommand({ AutoScalingGroupName, ScalingProcesses }));

  await fleet.resize(2);
  const ids = await fleet.reaches("InService", "InService");

  assert.equal(ids.length, 2);
  assert(ids.includes(first ?? ""));
  assert.equal((await balanced.states()).length, 1);
  // Attaching the target group anew is how those that were left out get in.
  await fleet.client.send(new DetachLoadBalancerTargetGroupsCommand(about));
  await fleet.client.send(new AttachLoadBalancerTargetGroupsCommand(about));
  assert.equal((await balanced.states()).length, 2);
  const { LoadBalancerTargetGroups } = await fleet.client.send(
    new DescribeLoadBalancerTargetGroupsCommand({ AutoScalingGroupName }),
  );
  assert.equal(LoadBalancerTargetGroups?.[0]?.LoadBalancerTargetGroupARN, balanced.group);
});

test("an instance that its load balancer finds unhealthy is replaced when the group asks for that", async (t) => {
  const { fleet } = await openBalancedFleet(t, 1, { HealthCheckType: "ELB" }, { timeScale: 60 });
  const [first] = await fleet.reaches("InService");

  const activity = await eventually("it is taken out of service", async () =>
    (await fleet.activities()).find(({ Description }) => Description === `Terminating EC2 instance: ${first}`),
  );

  assert.match(activity.Cause ?? "", /in response to an ELB system health check failure\.$/);
});
