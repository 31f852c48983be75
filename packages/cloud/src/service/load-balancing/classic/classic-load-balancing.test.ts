import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import {
  ConfigureHealthCheckCommand,
  CreateLoadBalancerCommand,
  DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingClient,
  ModifyLoadBalancerAttributesCommand,
  RegisterInstancesWithLoadBalancerCommand,
} from "@aws-sdk/client-elastic-load-balancing";
import { openLocalCloud } from "../../../../test/local-cloud.ts";
import { eventually } from "../../../../../../test/support/eventually.ts";
import { freePort, openBackend } from "../../../../test/targets.ts";

test("a classic load balancer takes an instance in, carries its traffic, and lets it drain", async (t) => {
  const cloud = await openLocalCloud(t);
  const ec2 = new EC2Client(cloud.client);
  const elb = new ElasticLoadBalancingClient(cloud.client);
  t.after(() => {
    ec2.destroy();
    elb.destroy();
  });
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: "ami-00000000000000001", MinCount: 1, MaxCount: 1 }),
  );
  const [{ InstanceId = "" } = {}] = Instances;
  const LoadBalancerName = "classic";
  const port = await freePort();
  await elb.send(
    new CreateLoadBalancerCommand({
      LoadBalancerName,
      AvailabilityZones: ["us-east-1a"],
      Listeners: [{ Protocol: "HTTP", LoadBalancerPort: port, InstancePort: 8080 }],
    }),
  );
  await elb.send(
    new ConfigureHealthCheckCommand({
      LoadBalancerName,
      HealthCheck: { Target: "HTTP:8080/", Interval: 5, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 },
    }),
  );
  await elb.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerName,
      LoadBalancerAttributes: { ConnectionDraining: { Enabled: true, Timeout: 1 } },
    }),
  );
  const state = async () => {
    const { InstanceStates = [] } = await elb.send(
      new DescribeInstanceHealthCommand({ LoadBalancerName, Instances: [{ InstanceId }] }),
    );
    return InstanceStates[0];
  };
  // An ordinary process stands for the instance's application, on the one port that the instance has.
  const ports = await eventually("the instance has its port", async () => portsOf(cloud.folder, InstanceId));
  await openBackend(t, (_, response) => response.end("hello"), ports.port);

  assert.equal((await state())?.Description, "Instance is not currently registered with the LoadBalancer.");
  await elb.send(new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName, Instances: [{ InstanceId }] }));
  await eventually("it is in service", async () => ((await state())?.State === "InService" ? true : undefined));
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "hello");

  await elb.send(new DeregisterInstancesFromLoadBalancerCommand({ LoadBalancerName, Instances: [{ InstanceId }] }));
  assert.equal((await state())?.Description, "Instance deregistration currently in progress.");
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 503);
  await eventually("it has gone", async () => ((await state())?.State === "OutOfService" ? true : undefined));
  await assert.rejects(elb.send(new DescribeLoadBalancersCommand({ LoadBalancerNames: ["other"] })), {
    name: "AccessPointNotFoundException",
  });
});

function portsOf(folder: string, instanceId: string): { readonly port: number } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "cloud", "plain", instanceId, "ports.json"), "utf8")) as {
      port: number;
    }; // the driver writes it
  } catch {
    return undefined; // the instance has not begun to boot
  }
}
