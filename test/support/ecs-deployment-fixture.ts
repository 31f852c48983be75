import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type RevisionLocation,
} from "@aws-sdk/client-codedeploy";
import { CreateServiceCommand, DescribeServicesCommand, ECS, type Service } from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { imageFolder, network, serves } from "../../packages/cloud/test/ecs/containers.ts";
import { freePort } from "../../packages/cloud/test/targets.ts";
import { endOf } from "./deployment-end.ts";
import { eventually } from "./eventually.ts";
import { SluiceProcess } from "./sluice-process.ts";
import { trustPolicy } from "./trust-policy.ts";

const waits = {
  terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 0 },
  deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 0 },
} as const;

/**
 * A whole `sluice up` with a service `web` of two tasks behind a production and a test listener, an application and a
 * group.
 */
export class EcsDeploymentFixture {
  readonly sluice: SluiceProcess;
  ecs!: ECS;
  elb!: ElasticLoadBalancingV2;
  deploy!: CodeDeployClient;
  /** URLs of the two listeners. */
  production = "";
  test = "";
  listener = "";
  tester = "";
  blue = "";
  green = "";
  #definitions: (version: string, command?: readonly string[]) => Promise<string> = () => Promise.resolve("");

  private constructor(sluice: SluiceProcess) {
    this.sluice = sluice;
  }

  /** Sets it all up, with version 1 in service; `TCP` is for a Network Load Balancer. */
  static async open(
    test: Pick<TestContext, "after">,
    group: Partial<CreateDeploymentGroupCommandInput> = {},
    sluice = new SluiceProcess(test, ["--no-example", "--driver", "ns"]),
    protocol: "HTTP" | "TCP" = "HTTP",
  ): Promise<EcsDeploymentFixture> {
    await sluice.open();
    const opened = new EcsDeploymentFixture(sluice);
    const client = await opened.connect();
    test.after(() => opened.disconnect());
    const iam = new IAMClient(client);
    const role = async (RoleName: string, service: string) => {
      const { Role } = await iam.send(
        new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustPolicy(service) }),
      );
      return Role?.Arn ?? "";
    };
    const [executionRoleArn, serviceRoleArn] = [
      await role("execution", "ecs-tasks.amazonaws.com"),
      await role("deploy", "codedeploy.amazonaws.com"),
    ];
    iam.destroy();
    opened.#definitions = async (version, command = serves) => {
      const image = `file:${imageFolder(test, version)}`;
      const container = { name: "web", image, command: [...command], user: "65534", stopTimeout: 2 };
      const { taskDefinition } = await opened.ecs.registerTaskDefinition({
        family: "web",
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        executionRoleArn,
        cpu: "256",
        memory: "512",
        containerDefinitions: [{ ...container, portMappings: [{ containerPort: 8080 }] }],
      });
      return taskDefinition?.taskDefinitionArn ?? "";
    };
    await opened.#balance(protocol);
    await opened.#serve();
    await opened.#group(serviceRoleArn, group);
    return opened;
  }

  /** Makes the clients, for the current port. */
  async connect() {
    const client = await this.sluice.clientOptions();
    this.ecs = new ECS(client);
    this.elb = new ElasticLoadBalancingV2(client);
    this.deploy = new CodeDeployClient(client);
    return client;
  }

  disconnect(): void {
    for (const client of [this.ecs, this.elb, this.deploy]) client.destroy();
  }

  async #balance(Protocol: "HTTP" | "TCP"): Promise<void> {
    this.blue = await this.#targetGroup("blue", Protocol);
    this.green = await this.#targetGroup("green", Protocol);
    const Type = Protocol === "HTTP" ? "application" : "network";
    const { LoadBalancers: [balancer] = [] } = await this.elb.send(
      new CreateLoadBalancerCommand({ Name: "web", Type, Subnets: [...network.awsvpcConfiguration.subnets] }),
    );
    const listener = async () => {
      const Port = await freePort();
      const { Listeners: [made] = [] } = await this.elb.send(
        new CreateListenerCommand({
          LoadBalancerArn: balancer?.LoadBalancerArn,
          Protocol,
          Port,
          DefaultActions: [{ Type: "forward", TargetGroupArn: this.blue }],
        }),
      );
      return [made?.ListenerArn ?? "", `http://127.0.0.1:${Port}/`] as const;
    };
    [this.listener, this.production] = await listener();
    [this.tester, this.test] = await listener();
  }

  async #targetGroup(Name: string, Protocol: "HTTP" | "TCP"): Promise<string> {
    const { TargetGroups: [made] = [] } = await this.elb.send(
      new CreateTargetGroupCommand({
        Name,
        Protocol,
        Port: 8080,
        VpcId: "vpc-00000000000000001",
        TargetType: "ip",
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
      }),
    );
    const TargetGroupArn = made?.TargetGroupArn ?? "";
    const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "0" }];
    await this.elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
    return TargetGroupArn;
  }

  async #serve(): Promise<void> {
    await this.ecs.createCluster({ clusterName: "demo" });
    await this.ecs.send(
      new CreateServiceCommand({
        cluster: "demo",
        serviceName: "web",
        taskDefinition: await this.define("1"),
        desiredCount: 2,
        launchType: "FARGATE",
        deploymentController: { type: "CODE_DEPLOY" },
        networkConfiguration: network,
        loadBalancers: [{ targetGroupArn: this.blue, containerName: "web", containerPort: 8080 }],
      }),
    );
    await this.until("two tasks are steady", ({ taskSets }) => taskSets?.[0]?.stabilityStatus === "STEADY_STATE");
  }

  async #group(serviceRoleArn: string, group: Partial<CreateDeploymentGroupCommandInput>): Promise<void> {
    await this.deploy.send(new CreateApplicationCommand({ applicationName: "app", computePlatform: "ECS" }));
    await this.deploy.send(
      new CreateDeploymentGroupCommand({
        applicationName: "app",
        deploymentGroupName: "web",
        serviceRoleArn,
        deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
        ecsServices: [{ clusterName: "demo", serviceName: "web" }],
        loadBalancerInfo: {
          targetGroupPairInfoList: [
            {
              targetGroups: [{ name: "blue" }, { name: "green" }],
              prodTrafficRoute: { listenerArns: [this.listener] },
              testTrafficRoute: { listenerArns: [this.tester] },
            },
          ],
        },
        blueGreenDeploymentConfiguration: waits,
        ...group,
      }),
    );
    const canary = { canaryPercentage: 20, canaryInterval: 1 };
    await this.deploy.send(
      new CreateDeploymentConfigCommand({
        deploymentConfigName: "canary",
        computePlatform: "ECS",
        trafficRoutingConfig: { type: "TimeBasedCanary", timeBasedCanary: canary },
      }),
    );
  }

  /** Registers a task definition whose container serves `version N`, or runs something else. */
  define(version: string, command?: readonly string[]): Promise<string> {
    return this.#definitions(version, command);
  }

  /** Begins a deployment of a task definition. Returns its id. */
  async begin(
    taskDefinition: string,
    more: { readonly config?: string; readonly hooks?: object[] } = {},
  ): Promise<string> {
    const { deploymentId = "" } = await this.deploy.send(
      new CreateDeploymentCommand({
        applicationName: "app",
        deploymentGroupName: "web",
        revision: revisionOf(taskDefinition, more.hooks),
        deploymentConfigName: more.config,
      }),
    );
    return deploymentId;
  }

  get(deploymentId: string) {
    return this.deploy.send(new GetDeploymentCommand({ deploymentId }));
  }

  /** Waits for the end of a deployment. */
  ended(deploymentId: string, seconds = 120): Promise<DeploymentInfo> {
    return endOf(this.deploy, deploymentId, seconds);
  }

  /** The one target, as AWS shows it. */
  async target(deploymentId: string) {
    const { deploymentTarget } = await this.deploy.send(
      new GetDeploymentTargetCommand({ deploymentId, targetId: "demo:web" }),
    );
    assert.equal(deploymentTarget?.deploymentTargetType, "ECSTarget");
    return deploymentTarget.ecsTarget;
  }

  async service(): Promise<Service> {
    const { services: [found] = [] } = await this.ecs.send(
      new DescribeServicesCommand({ cluster: "demo", services: ["web"] }),
    );
    return found ?? assert.fail("there is no service");
  }

  /** Waits until the service is as it should be. */
  until(what: string, holds: (service: Service) => boolean): Promise<Service> {
    return eventually(
      what,
      async () => {
        const service = await this.service();
        return holds(service) ? service : undefined;
      },
      60,
    );
  }

  /** What answers there. */
  async answer(url = this.production): Promise<string> {
    return (await fetch(url)).text();
  }

  /** Weights of the production listener, by name of the target group. */
  async weights(): Promise<Record<string, number>> {
    const { Listeners: [found] = [] } = await this.elb.describeListeners({ ListenerArns: [this.listener] });
    const groups = found?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
    const named = (arn = "") => (arn === this.blue ? "blue" : arn === this.green ? "green" : arn);
    return Object.fromEntries(groups.map(({ TargetGroupArn, Weight = 1 }) => [named(TargetGroupArn), Weight]));
  }
}

/** An inline revision of a task definition. */
export const revisionOf = (taskDefinition: string, hooks: object[] = []): RevisionLocation => ({
  revisionType: "AppSpecContent",
  appSpecContent: {
    content: JSON.stringify({
      version: 0.0,
      Resources: [
        {
          TargetService: {
            Type: "AWS::ECS::Service",
            Properties: {
              TaskDefinition: taskDefinition,
              LoadBalancerInfo: { ContainerName: "web", ContainerPort: 8080 },
            },
          },
        },
      ],
      Hooks: hooks,
    }),
  },
});
