import type { TestContext } from "node:test";
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  PutLifecycleHookCommand,
  SetDesiredCapacityCommand,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { type LocalCloud, openLocalCloud } from "./local-cloud.ts";
import { eventually } from "../../../test/support/eventually.ts";

/** The name of the group. */
export const AutoScalingGroupName = "fleet";
/** Its launch template. */
export const template = { LaunchTemplateName: "web" };
/** The transitions that hooks hold. */
export const launching = "autoscaling:EC2_INSTANCE_LAUNCHING";
export const terminating = "autoscaling:EC2_INSTANCE_TERMINATING";
/** Three subnets, one in each zone. */
export const zones = "subnet-0000000000000000a,subnet-0000000000000000b,subnet-0000000000000000c";

/** A group in a cloud of its own, and what tests do to it. */
export class Fleet {
  readonly client: AutoScalingClient;
  readonly ec2: EC2Client;

  constructor(test: TestContext, cloud: LocalCloud) {
    this.client = new AutoScalingClient(cloud.client);
    this.ec2 = new EC2Client(cloud.client);
    test.after(() => this.client.destroy());
    test.after(() => this.ec2.destroy());
  }

  async create(DesiredCapacity: number, more: object = {}): Promise<void> {
    await this.template();
    await this.group(DesiredCapacity, more);
  }

  async template(): Promise<void> {
    const data = { ImageId: "ami-00000000000000001", InstanceType: "t3.micro" as const };
    await this.ec2.send(new CreateLaunchTemplateCommand({ ...template, LaunchTemplateData: data }));
  }

  async group(DesiredCapacity: number, more: object): Promise<void> {
    await this.client.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName,
        LaunchTemplate: template,
        MinSize: 0,
        MaxSize: 4,
        DesiredCapacity,
        VPCZoneIdentifier: zones,
        ...more,
      }),
    );
  }

  async describe() {
    const { AutoScalingGroups = [] } = await this.client.send(new DescribeAutoScalingGroupsCommand({}));
    return AutoScalingGroups[0];
  }

  /** The states of the instances, sorted, once they are as wanted. */
  async reaches(...wanted: readonly string[]): Promise<readonly string[]> {
    let seen: readonly string[] = [];
    const found = await eventually(
      `instances are ${wanted.join(", ") || "gone"}`,
      async () => {
        const { Instances = [] } = (await this.describe()) ?? {};
        seen = Instances.map(({ LifecycleState }) => LifecycleState ?? "").toSorted();
        return seen.join() === wanted.toSorted().join()
          ? Instances.map(({ InstanceId }) => InstanceId ?? "")
          : undefined;
      },
      15,
    ).catch((error: unknown) => {
      throw new Error(`They are ${seen.join(", ")}`, { cause: error });
    });
    return found;
  }

  async hook(LifecycleHookName: string, LifecycleTransition: string, more: object = {}): Promise<void> {
    await this.client.send(
      new PutLifecycleHookCommand({ AutoScalingGroupName, LifecycleHookName, LifecycleTransition, ...more }),
    );
  }

  async complete(LifecycleHookName: string, InstanceId: string, LifecycleActionResult: string): Promise<void> {
    await this.client.send(
      new CompleteLifecycleActionCommand({
        AutoScalingGroupName,
        LifecycleHookName,
        InstanceId,
        LifecycleActionResult,
      }),
    );
  }

  async resize(DesiredCapacity: number): Promise<void> {
    await this.client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity }));
  }

  async activities() {
    return (await this.client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName }))).Activities ?? [];
  }
}

/** Opens a cloud for a group. */
export async function openFleet(t: TestContext, options = {}): Promise<{ fleet: Fleet; cloud: LocalCloud }> {
  const cloud = await openLocalCloud(t, options);
  return { fleet: new Fleet(t, cloud), cloud };
}
