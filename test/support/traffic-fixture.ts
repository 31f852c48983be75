import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import {
  AttachLoadBalancerTargetGroupsCommand,
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  GetDeploymentCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
  type S3Location,
} from "@aws-sdk/client-codedeploy";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { whyNoNamespaces } from "./why-no-namespaces.ts";
import { freePort } from "../../packages/cloud/test/targets.ts";
import { bundle } from "../../packages/cli/src/bundle.ts";
import { isOver } from "./deployment-end.ts";
import { eventually } from "./eventually.ts";
import { exampleRevision, type Scripts } from "./example-revision.ts";
import { SluiceProcess } from "./sluice-process.ts";

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const policy = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRole";
const zones = ["subnet-0000000000000000a", "subnet-0000000000000000b"];
const applicationName = "web";
const bucket = "revisions";

/** Why isolated instances cannot run here; undefined when they can. */
export const skip = await whyNoNamespaces();

/** A target group that a load balancer forwards to. */
export interface BalancedTargetGroup {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
}

/** A whole `sluice up` with isolated instances behind load balancers, and an application to deploy. */
export class TrafficFixture {
  readonly sluice: SluiceProcess;
  deploy!: CodeDeployClient;
  scaling!: AutoScalingClient;
  balancing!: ElasticLoadBalancingV2Client;
  ec2!: EC2Client;
  #storage!: S3Client;
  #role = "";

  private constructor(sluice: SluiceProcess) {
    this.sluice = sluice;
  }

  static async open(test: Pick<TestContext, "after">, ...more: readonly string[]): Promise<TrafficFixture> {
    const opened = new TrafficFixture(
      new SluiceProcess(test, ["--no-example", "--driver", "ns", "--log", "info", ...more]),
    );
    await opened.sluice.open();
    const client = await opened.sluice.clientOptions();
    const clients = {
      deploy: new CodeDeployClient(client),
      scaling: new AutoScalingClient(client),
      balancing: new ElasticLoadBalancingV2Client(client),
      ec2: new EC2Client(client),
    };
    Object.assign(opened, clients);
    opened.#storage = new S3Client({ ...client, forcePathStyle: true });
    test.after(() => [...Object.values(clients), opened.#storage].forEach((one) => one.destroy()));
    await opened.#furnish(new IAMClient(client));
    return opened;
  }

  async #furnish(iam: IAMClient): Promise<void> {
    const role = await iam.send(new CreateRoleCommand({ RoleName: "deploy", AssumeRolePolicyDocument: trust }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: "deploy", PolicyArn: policy }));
    iam.destroy();
    this.#role = role.Role?.Arn ?? "";
    await this.#storage.send(new CreateBucketCommand({ Bucket: bucket }));
    await this.deploy.send(new CreateApplicationCommand({ applicationName }));
    const LaunchTemplateData = { ImageId: "ami-00000000000000001", InstanceType: "t3.micro" as const };
    await this.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "web", LaunchTemplateData }));
  }

  /** Creates a target group for port 8080 behind a load balancer of its own. */
  async balancedTargetGroup(Name: string, drainSeconds: number): Promise<BalancedTargetGroup> {
    const arn = await this.targetGroup(Name, drainSeconds);
    const made = await this.balancing.send(new CreateLoadBalancerCommand({ Name, Subnets: zones }));
    const Port = await freePort();
    await this.balancing.send(
      new CreateListenerCommand({
        LoadBalancerArn: made.LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: "HTTP",
        Port,
        DefaultActions: [{ Type: "forward", TargetGroupArn: arn }],
      }),
    );
    return { name: Name, arn, url: `http://127.0.0.1:${Port}/` };
  }

  /** Creates a target group without a load balancer. */
  async targetGroup(Name: string, drainSeconds: number): Promise<string> {
    const { TargetGroups = [] } = await this.balancing.send(
      new CreateTargetGroupCommand({
        Name,
        Protocol: "HTTP",
        Port: 8080,
        VpcId: "vpc-00000000000000001",
        HealthCheckPath: "/",
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
      }),
    );
    const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
    const delay = { Key: "deregistration_delay.timeout_seconds", Value: String(drainSeconds) };
    await this.balancing.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: [delay] }));
    return TargetGroupArn;
  }

  /** Creates an Auto Scaling group, and waits until all its instances are in service. */
  async fleet(
    name: string,
    size: number,
    ...targetGroups: readonly Pick<BalancedTargetGroup, "arn">[]
  ): Promise<readonly string[]> {
    await this.scaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: name,
        LaunchTemplate: { LaunchTemplateName: "web" },
        VPCZoneIdentifier: zones.join(),
        MinSize: 0,
        MaxSize: 9,
        DesiredCapacity: size,
      }),
    );
    const ids = await this.inService(name, size);
    const TargetGroupARNs = targetGroups.map(({ arn }) => arn);
    if (targetGroups.length > 0)
      await this.scaling.send(
        new AttachLoadBalancerTargetGroupsCommand({ AutoScalingGroupName: name, TargetGroupARNs }),
      );
    return ids;
  }

  /** Waits until exactly this number of instances of a group are in service. */
  inService(name: string, size: number): Promise<readonly string[]> {
    return eventually(
      `${size} instances of ${name} are in service`,
      async () => {
        const { Instances = [] } = (await this.scalingGroup(name)) ?? {};
        const all = Instances.every(({ LifecycleState }) => LifecycleState === "InService");
        return Instances.length === size && all ? Instances.map(({ InstanceId = "" }) => InstanceId) : undefined;
      },
      60,
    );
  }

  async scalingGroup(name: string) {
    const query = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
    return (await this.scaling.send(query)).AutoScalingGroups?.[0];
  }

  /** The names of all Auto Scaling groups. */
  async scalingGroups(): Promise<readonly string[]> {
    const { AutoScalingGroups = [] } = await this.scaling.send(new DescribeAutoScalingGroupsCommand({}));
    return AutoScalingGroups.map(({ AutoScalingGroupName = "" }) => AutoScalingGroupName);
  }

  /** The state of each registration of a target group, as `i-1:8080 healthy`. */
  async health({ arn }: Pick<BalancedTargetGroup, "arn">): Promise<readonly string[]> {
    const query = new DescribeTargetHealthCommand({ TargetGroupArn: arn });
    const { TargetHealthDescriptions = [] } = await this.balancing.send(query);
    return TargetHealthDescriptions.map(
      ({ Target, TargetHealth }) => `${Target?.Id}:${Target?.Port} ${TargetHealth?.State}`,
    ).toSorted();
  }

  /** Waits until exactly these instances are registered, each healthy on its port. */
  async serves(targetGroup: Pick<BalancedTargetGroup, "arn">, ids: readonly string[], port = 8080): Promise<void> {
    const wanted = ids.map((id) => `${id}:${port} healthy`).toSorted();
    let seen: readonly string[] = [];
    await eventually("the load balancer has its hosts", async () =>
      (seen = await this.health(targetGroup)).join() === wanted.join() ? true : undefined,
    ).catch((cause: unknown) => {
      throw new Error(`Wanted ${wanted.join(", ")}, found ${seen.join(", ")}`, { cause });
    });
  }

  /** Creates a deployment group, AllAtOnce by default, and with a target group if one is given. */
  async group(
    deploymentGroupName: string,
    {
      targetGroup,
      ...more
    }: Partial<CreateDeploymentGroupCommandInput> & { readonly targetGroup?: { readonly name: string } },
  ): Promise<void> {
    await this.deploy.send(
      new CreateDeploymentGroupCommand({
        applicationName,
        deploymentGroupName,
        serviceRoleArn: this.#role,
        deploymentConfigName: "CodeDeployDefault.AllAtOnce",
        ...(targetGroup && behind(targetGroup)),
        ...more,
      }),
    );
  }

  /** Uploads a version of the example. */
  async revision(version: string, scripts: Scripts = {}): Promise<S3Location> {
    const folder = exampleRevision(this.sluice.folder, version, scripts);
    const key = `${version}-${folder.slice(-6)}.tgz`;
    await this.#storage.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: await bundle(folder) }));
    return { bucket, key, bundleType: "tgz" };
  }

  /** Begins a deployment of a version. Returns its id. */
  async begin(
    deploymentGroupName: string,
    version: string,
    { scripts, ...more }: Partial<CreateDeploymentCommandInput> & { readonly scripts?: Scripts } = {},
  ): Promise<string> {
    const revision = { revisionType: "S3" as const, s3Location: await this.revision(version, scripts) };
    const input = { applicationName, deploymentGroupName, revision, ...more };
    const { deploymentId } = await this.deploy.send(new CreateDeploymentCommand(input));
    assert(deploymentId, "a deployment has an id");
    return deploymentId;
  }

  async info(deploymentId: string): Promise<DeploymentInfo> {
    const { deploymentInfo } = await this.deploy.send(new GetDeploymentCommand({ deploymentId }));
    assert(deploymentInfo, "a deployment is shown");
    return deploymentInfo;
  }

  /** Waits for a deployment's end, and asserts its status. */
  async ends(id: string, wanted: "Succeeded" | "Failed" | "Stopped", seconds = 90): Promise<DeploymentInfo> {
    const ended = async () => {
      const info = await this.info(id);
      return isOver(info) ? info : undefined;
    };
    const end = await this.#eventually(id, { question: `${id} ends`, ask: ended, seconds });
    assert.equal(end.status, wanted, `${end.errorInformation?.message}\n${this.decisions(id).join("\n")}`);
    return end;
  }

  async targets(deploymentId: string): Promise<readonly InstanceTarget[]> {
    const { targetIds = [] } = await this.deploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
    const query = new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds });
    const { deploymentTargets = [] } = await this.deploy.send(query);
    return deploymentTargets.flatMap(({ instanceTarget }) => instanceTarget ?? []);
  }

  /** Returns the server's decisions about a deployment so far, as lines of its log. */
  decisions(deploymentId: string): readonly string[] {
    return this.sluice.output.split("\n").filter((line) => line.includes(`"deploymentId":"${deploymentId}","do":`));
  }

  /** Waits for a decision of the server. */
  async decided(deploymentId: string, wanted: RegExp): Promise<void> {
    await this.#eventually(deploymentId, {
      question: `${wanted} is decided about ${deploymentId}`,
      ask: async () => this.decisions(deploymentId).some((line) => wanted.test(line)) || undefined,
      seconds: 60,
    });
  }

  /** Like `eventually`, but the error has the last decisions. */
  #eventually<Answer>(
    deploymentId: string,
    wait: {
      readonly question: string;
      readonly seconds: number;
      ask(this: void): Promise<Answer | undefined>;
    },
  ): Promise<Answer> {
    return eventually(wait.question, wait.ask, wait.seconds).catch((cause: unknown) => {
      const last = this.decisions(deploymentId).slice(-30).join("\n");
      throw new Error(`Not within ${wait.seconds} s: ${wait.question}. What was decided last:\n${last}`, { cause });
    });
  }
}

/** The settings of a deployment group with a target group. */
export const behind = ({ name }: { readonly name: string }) => ({
  deploymentStyle: { deploymentType: "IN_PLACE" as const, deploymentOption: "WITH_TRAFFIC_CONTROL" as const },
  loadBalancerInfo: { targetGroupInfoList: [{ name }] },
});

/** The settings of a blue/green deployment group that copies its Auto Scaling group, and ends the original at once. */
export const copying = (terminationWaitTimeInMinutes = 0) => ({
  deploymentStyle: { deploymentType: "BLUE_GREEN" as const, deploymentOption: "WITH_TRAFFIC_CONTROL" as const },
  blueGreenDeploymentConfiguration: {
    terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE" as const, terminationWaitTimeInMinutes },
    deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" as const },
    greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" as const },
  },
});
