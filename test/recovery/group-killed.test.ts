import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  PutLifecycleHookCommand,
  SetDesiredCapacityCommand,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const AutoScalingGroupName = "fleet";
const zones = "subnet-0000000000000000a,subnet-0000000000000000b";

test(
  "a group whose server is killed at any moment of a launch ends with the instances that it should have",
  { timeout: 120_000, skip: await whyNoNamespaces() },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"]);
    await sluice.open();
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
      await sluice.environment();
    const client = { endpoint: sluice.url, region: "us-east-1", credentials: { accessKeyId, secretAccessKey } };
    const [scaling, ec2] = [new AutoScalingClient(client), new EC2Client(client)];
    t.after(() => scaling.destroy());
    t.after(() => ec2.destroy());
    const LaunchTemplate = { LaunchTemplateName: "web" };
    const LaunchTemplateData = { ImageId: "ami-00000000000000001", InstanceType: "t3.micro" as const };
    await ec2.send(new CreateLaunchTemplateCommand({ ...LaunchTemplate, LaunchTemplateData }));
    await scaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName,
        LaunchTemplate,
        MinSize: 0,
        MaxSize: 9,
        VPCZoneIdentifier: zones,
      }),
    );
    const hook = { AutoScalingGroupName, LifecycleHookName: "hook" };
    await scaling.send(
      new PutLifecycleHookCommand({ ...hook, LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING" }),
    );
    const members = async () => {
      const { AutoScalingGroups = [] } = await scaling.send(new DescribeAutoScalingGroupsCommand({}));
      return AutoScalingGroups[0]?.Instances ?? [];
    };

    // Each round kills the server a little later after it has been asked for one more.
    const killedAfterMilliseconds = [0, 30, 120, 400];
    for (const [round, milliseconds] of killedAfterMilliseconds.entries()) {
      await scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: round + 1 }));
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await sluice.kill();
      await sluice.open();
      const waiting = await eventually("the new instance waits for its hook", async () =>
        (await members()).find(({ LifecycleState }) => LifecycleState === "Pending:Wait"),
      );
      const InstanceId = waiting.InstanceId;
      await scaling.send(
        new CompleteLifecycleActionCommand({ ...hook, InstanceId, LifecycleActionResult: "CONTINUE" }),
      );
      await eventually("all are in service", async () => {
        const states = (await members()).map(({ LifecycleState }) => LifecycleState);
        return states.length === round + 1 && states.every((state) => state === "InService") ? true : undefined;
      });
    }

    const ids = (await members()).map(({ InstanceId }) => InstanceId);
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const running = Reservations.flatMap(({ Instances = [] }) =>
      Instances.map(({ InstanceId, State }) => `${InstanceId} ${State?.Name}`),
    );
    assert.deepEqual(new Set(running), new Set(ids.map((id) => `${id} running`)), "none is lost, none is left over");
  },
);
