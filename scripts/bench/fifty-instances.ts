import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { atMostTimes, type Figure, median } from "./figure.ts";
import { startSluice } from "./measured-sluice.ts";
import { bareRequest, nodeStart } from "./yardsticks.ts";

const instances = 50;
const lookMilliseconds = 50;

/** What the agent writes when it knows who it is, in the moment before it polls. */
const pollsFrom = /Host identifier/;

/** An Auto Scaling group of fifty isolated instances: until all are in service, until all of their agents poll, and what a look at them costs. */
export async function fiftyInstances(): Promise<readonly Figure[]> {
  const sluice = await startSluice("--no-example");
  const client = { endpoint: sluice.url, region: "us-east-1", credentials: sluice.credentials };
  const ec2 = new EC2Client(client);
  const scaling = new AutoScalingClient(client);
  try {
    const template = { LaunchTemplateName: "fifty" };
    const data = { ImageId: "ami-00000000000000001", InstanceType: "t3.micro" as const };
    await ec2.send(new CreateLaunchTemplateCommand({ ...template, LaunchTemplateData: data }));
    const group = { AutoScalingGroupName: "fifty", LaunchTemplate: template, MinSize: 0, MaxSize: instances };
    const zones = { VPCZoneIdentifier: "subnet-0000000000000000a,subnet-0000000000000000b" };
    const started = performance.now();
    await scaling.send(new CreateAutoScalingGroupCommand({ ...group, ...zones, DesiredCapacity: instances }));
    const ids = await until(async () => {
      const members = await inService(scaling);
      return members.length === instances ? members : undefined;
    });
    const inServiceMilliseconds = performance.now() - started;
    await until(async () => (ids.every((id) => polls(sluice.dataFolder, id)) ? true : undefined));
    const pollingMilliseconds = performance.now() - started;
    const each = { unit: "ms", of: [nodeStart()] }; // each of them starts at least a Node, that of its agent
    const look = await lookAt(scaling);
    return [
      atMostTimes(`each of ${instances} instances in service`, inServiceMilliseconds / instances, {
        times: 8,
        ...each,
      }),
      atMostTimes(`each of ${instances} agents polls`, pollingMilliseconds / instances, { times: 8, ...each }),
      atMostTimes("DescribeAutoScalingGroups with all of them, median", look, {
        times: 60,
        unit: "ms",
        of: [await bareRequest()],
      }),
    ];
  } finally {
    ec2.destroy();
    scaling.destroy();
    await sluice.close();
  }
}

async function inService(scaling: AutoScalingClient): Promise<readonly string[]> {
  const { AutoScalingGroups = [] } = await scaling.send(new DescribeAutoScalingGroupsCommand({}));
  const { Instances = [] } = AutoScalingGroups[0] ?? {};
  return Instances.filter(({ LifecycleState }) => LifecycleState === "InService").map(
    ({ InstanceId = "" }) => InstanceId,
  );
}

function polls(dataFolder: string, id: string): boolean {
  const log = join(dataFolder, "cloud/ns/instances", id, "root/var/log/aws/codedeploy-agent/codedeploy-agent.log");
  return existsSync(log) && pollsFrom.test(readFileSync(log, "utf8"));
}

async function lookAt(scaling: AutoScalingClient): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 20; look++) {
    const began = performance.now();
    await inService(scaling);
    looks.push(performance.now() - began);
  }
  return median(looks);
}

async function until<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(lookMilliseconds);
  }
}
