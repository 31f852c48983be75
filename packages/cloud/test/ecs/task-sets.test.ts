import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteTaskSetCommand,
  ListTasksCommand,
  UpdateServicePrimaryTaskSetCommand,
} from "@aws-sdk/client-ecs";
import {
  CreateTargetGroupCommand,
  type ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { eventually } from "../../../../test/support/eventually.ts";
import { whyNoNamespaces } from "../../../../test/support/why-no-namespaces.ts";
import { openBalanced } from "../targets.ts";
import { imageFolder, network, openContainerFixture, serves, whyNoImages } from "./containers.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

test(
  "a service that CodeDeploy controls shifts from one task set to another behind one listener",
  { skip },
  async (t) => {
    const { cloud, ecs, define, until } = await openContainerFixture(t);
    const { elb, listener, group: blue, url } = await openBalanced(t, cloud);
    const answer = async () => (await fetch(url)).text();
    const green = await makeGroup(elb, "green");
    const web = (version: string) => [
      {
        ...{ name: "web", image: `file:${imageFolder(t, version)}`, command: serves, user: "65534", stopTimeout: 2 },
        portMappings: [{ containerPort: 8080 }],
      },
    ];
    const loadBalancer = (targetGroupArn: string) => ({ targetGroupArn, containerName: "web", containerPort: 8080 });

    await ecs.send(
      new CreateServiceCommand({
        ...{ cluster: "demo", serviceName: "web", taskDefinition: await define("web", web("1")), desiredCount: 2 },
        ...{ launchType: "FARGATE", deploymentController: { type: "CODE_DEPLOY" }, networkConfiguration: network },
        loadBalancers: [loadBalancer(blue)],
      }),
    );
    const first = await until(
      "web",
      "two tasks are steady",
      ({ taskSets }) => taskSets?.[0]?.stabilityStatus === "STEADY_STATE",
    );

    assert.equal(first.runningCount, 2);
    assert.deepEqual(first.deployments, []);
    assert.equal(first.taskSets?.[0]?.status, "PRIMARY");
    assert.equal(first.taskSets?.[0]?.computedDesiredCount, 2);
    assert.match(await answer(), /version 1 /);

    const { taskSet } = await ecs.send(
      new CreateTaskSetCommand({
        ...{ cluster: "demo", service: "web", taskDefinition: await define("web", web("2")), externalId: "d-1" },
        ...{ scale: { value: 100, unit: "PERCENT" }, launchType: "FARGATE", loadBalancers: [loadBalancer(green)] },
        networkConfiguration: network,
      }),
    );
    const both = await until(
      "web",
      "four tasks are steady",
      ({ taskSets = [] }) =>
        taskSets.length === 2 && taskSets.every(({ stabilityStatus }) => stabilityStatus === "STEADY_STATE"),
    );
    assert.equal(both.runningCount, 4);
    assert.equal(taskSet?.startedBy, "CODE_DEPLOY");
    assert.match(await answer(), /version 1 /);

    await elb.send(
      new ModifyListenerCommand({
        ListenerArn: listener,
        DefaultActions: [{ Type: "forward", TargetGroupArn: green }],
      }),
    );
    await eventually("version 2 answers", async () => (/version 2 /.test(await answer()) ? true : undefined));
    await ecs.send(
      new UpdateServicePrimaryTaskSetCommand({ cluster: "demo", service: "web", primaryTaskSet: taskSet?.id }),
    );
    await ecs.send(
      new DeleteTaskSetCommand({ cluster: "demo", service: "web", taskSet: first.taskSets?.[0]?.id, force: true }),
    );
    const last = await until("web", "the first task set is gone", ({ taskSets }) => taskSets?.length === 1);

    assert.equal(last.taskSets?.[0]?.id, taskSet?.id);
    assert.equal(last.taskSets?.[0]?.status, "PRIMARY");
    assert.equal(last.taskDefinition, last.taskSets?.[0]?.taskDefinition);
    assert.match(await answer(), /version 2 /);
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: "demo", startedBy: taskSet?.id }));
    assert.equal(taskArns.length, 2);
  },
);

async function makeGroup(elb: ElasticLoadBalancingV2Client, Name: string) {
  const { TargetGroups = [] } = await elb.send(
    new CreateTargetGroupCommand({
      Name,
      Protocol: "HTTP",
      Port: 8080,
      VpcId: "vpc-00000000000000001",
      TargetType: "ip",
    }),
  );
  const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
  await elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn,
      Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "0" }],
    }),
  );
  return TargetGroupArn;
}
