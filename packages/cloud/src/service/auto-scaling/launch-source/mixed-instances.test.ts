import assert from "node:assert/strict";
import { test } from "node:test";
import { UpdateAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import { AutoScalingGroupName, openFleet, template } from "../../../../test/scaling-fleet.ts";

const policy = (...types: readonly string[]) => ({
  LaunchTemplate: {
    LaunchTemplateSpecification: { ...template, Version: "1" },
    Overrides: types.map((InstanceType) => ({ InstanceType })),
  },
  InstancesDistribution: { OnDemandAllocationStrategy: "prioritized" },
});

test("the first override of a mixed instances policy says what type is launched, and the policy is told as it was given", async (t) => {
  const { fleet } = await openFleet(t);
  const mixed = policy("m5.large", "c5.large");
  await fleet.create(1, { LaunchTemplate: undefined, MixedInstancesPolicy: mixed });
  await fleet.reaches("InService");

  const group = await fleet.describe();
  assert.equal(group?.Instances?.[0]?.InstanceType, "m5.large");
  assert.deepEqual(group?.MixedInstancesPolicy, mixed);

  await fleet.client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate: template }));
  const changed = await fleet.describe();
  assert.deepEqual([changed?.MixedInstancesPolicy, changed?.LaunchTemplate?.LaunchTemplateName], [undefined, "web"]);
});

test("an override that contradicts itself, or names a template that is not there, is refused", async (t) => {
  const { fleet } = await openFleet(t);
  const withOverride = (override: object) => {
    const { LaunchTemplate } = policy();
    return {
      LaunchTemplate: undefined,
      MixedInstancesPolicy: { LaunchTemplate: { ...LaunchTemplate, Overrides: [override] } },
    };
  };
  await fleet.template();

  const both = { InstanceType: "m5.large", InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 1024 } } };
  await assert.rejects(fleet.group(1, withOverride(both)), { name: "ValidationError", message: /not both/ });
  const unknown = { LaunchTemplateSpecification: { LaunchTemplateName: "nobody", Version: "1" } };
  await assert.rejects(fleet.group(1, withOverride(unknown)), { name: "ValidationError", message: /nobody/ });
});
