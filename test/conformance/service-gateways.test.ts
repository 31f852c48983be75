// The gateways of services against moto, a substitute for AWS that we did not write. It starts no tasks and moves no traffic, but stores what it gets and answers in AWS's shapes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients } from "../../packages/server/src/gateways/clients.ts";
import { openMoto, record, toTheEnd } from "../support/moto.ts";
import { whyMissing } from "../support/why-missing.ts";

const skip = await whyMissing("moto_server");
const service = { cluster: "demo", service: "web" };
const deploymentId = "d-1";

/** A cluster with a service and its primary task set, behind a listener that logs users in. */
async function furnish(clients: Clients) {
  const [ec2, elb, ecs] = [await clients.ec2(), await clients.loadBalancing(), await clients.ecs()];
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const [{ VpcId } = {}] = Subnets;
  const subnets = Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId);
  const group = async (Name: string) => {
    const made = await elb.createTargetGroup({ Name, Protocol: "HTTP", Port: 80, VpcId, TargetType: "ip" });
    return made.TargetGroups?.[0]?.TargetGroupArn ?? "";
  };
  const [blue, green] = [await group("blue"), await group("green")];
  const { LoadBalancers = [] } = await elb.createLoadBalancer({ Name: "web", Subnets: subnets });
  const login: Action = {
    Type: "authenticate-cognito",
    Order: 1,
    AuthenticateCognitoConfig: {
      UserPoolArn: "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc",
      UserPoolClientId: "shop",
      UserPoolDomain: "shop",
    },
  };
  const listener = async (Port: number, ...before: Action[]) => {
    const { Listeners = [] } = await elb.createListener({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port,
      DefaultActions: [...before, { Type: "forward", Order: 2, TargetGroupArn: blue }],
    });
    return Listeners[0]?.ListenerArn ?? "";
  };
  const [production, tester] = [await listener(80, login), await listener(81)];
  await ecs.createCluster({ clusterName: "demo" });
  const containerDefinitions = [{ name: "web", image: "web", portMappings: [{ containerPort: 8080 }] }];
  const size = {
    requiresCompatibilities: ["FARGATE" as const],
    networkMode: "awsvpc" as const,
    cpu: "256",
    memory: "512",
  };
  const define = async () => {
    const made = await ecs.registerTaskDefinition({ family: "web", containerDefinitions, ...size });
    return made.taskDefinition?.taskDefinitionArn ?? "";
  };
  const [first, second] = [await define(), await define()];
  await ecs.createService({
    ...{ cluster: "demo", serviceName: "web", desiredCount: 2, deploymentController: { type: "CODE_DEPLOY" } },
  });
  const { taskSet } = await ecs.createTaskSet({
    ...{ ...service, taskDefinition: first, launchType: "FARGATE" },
    loadBalancers: [{ targetGroupArn: blue, containerName: "web", containerPort: 8080 }],
    networkConfiguration: { awsvpcConfiguration: { subnets } },
  });
  const original = taskSet?.id ?? "";
  await ecs.updateServicePrimaryTaskSet({ ...service, primaryTaskSet: taskSet?.taskSetArn });
  return { pair: { blue, green }, production, tester, original, second };
}

test(
  "the gateways of services make the calls that AWS wants, in their order",
  { skip, timeout: 120_000 },
  async (t) => {
    const clients = await openMoto(t);
    const { pair, production, tester, original, second } = await furnish(clients);
    const calls = await record(clients.ecs(), clients.loadBalancing(), clients.applicationAutoScaling());
    const changes = () => calls.filter(({ name }) => !/^(Describe|List)/.test(name));
    const routes = { targetGroups: ["blue", "green"], production, test: tester };
    const appSpec = { taskDefinition: second, containerName: "web", containerPort: 8080, hooks: {} };
    const weights = async () => {
      const { Listeners = [] } = await (
        await clients.loadBalancing()
      ).describeListeners({ ListenerArns: [production] });
      const [login, forward] = Listeners[0]?.DefaultActions ?? [];
      assert.equal(login?.Type, "authenticate-cognito");
      return forward?.ForwardConfig?.TargetGroups?.map(({ TargetGroupArn, Weight }) => [TargetGroupArn, Weight]);
    };

    await t.test(
      "a service is found with its task set, its target groups, its listeners and its containers",
      async () => {
        const { serviceFacts: facts } = await toTheEnd(clients, {
          kind: "check service",
          ...{ service, routes, taskDefinition: second, hooks: [] },
        });
        assert.deepEqual(facts?.targetGroups, pair);
        assert.deepEqual(facts?.production?.routes, [{ rule: undefined, weights: { [pair.blue]: 1 } }]);
        assert.deepEqual(facts?.containers, [{ name: "web", ports: [8080] }]);
        const [set] = facts?.service?.taskSets ?? [];
        assert.deepEqual(
          [facts?.service?.controller, set?.id, set?.status, set?.targetGroup],
          ["CODE_DEPLOY", original, "PRIMARY", pair.blue],
        );
      },
    );

    await t.test("scaling is suspended but for what rests already, and resumed", async () => {
      const scaling = await clients.applicationAutoScaling();
      const about = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;
      await scaling.registerScalableTarget({
        ...{ ...about, ResourceId: "service/demo/web", MinCapacity: 1, MaxCapacity: 4 },
        SuspendedState: { ScheduledScalingSuspended: true },
      });
      const suspended = async () => (await scaling.describeScalableTargets(about)).ScalableTargets?.[0]?.SuspendedState;
      const { scaling: ours } = await toTheEnd(clients, { kind: "suspend scaling", service });
      assert.deepEqual(ours?.activities, ["DynamicScalingInSuspended", "DynamicScalingOutSuspended"]);
      assert.equal((await suspended())?.DynamicScalingInSuspended, true);
      await toTheEnd(clients, { kind: "resume scaling", scaling: ours ?? assert.fail("it scales") });
      assert.equal((await suspended())?.DynamicScalingInSuspended, false);
    });

    await t.test("a task set is created once, and the traffic moves to it; who logs users in stays", async () => {
      calls.length = 0;
      const create = {
        kind: "create task set",
        ...{ service, deploymentId, appSpec, blue: original, pair, production },
      } as const;
      await toTheEnd(clients, create);
      await toTheEnd(clients, create);
      await toTheEnd(clients, { kind: "route test traffic", listener: tester, pair });
      const shifts = [20, 100].map((percent, at) => ({ percent, at }));
      const shift = { kind: "shift service", service, deploymentId, production, pair, shifts } as const;
      await toTheEnd(clients, shift, { now: 0, until: 20 });
      assert.deepEqual(await weights(), [
        [pair.blue, 80],
        [pair.green, 20],
      ]);
      await toTheEnd(clients, shift, { now: 1 });
      assert.deepEqual(
        changes().map(({ name }) => name),
        [
          "ModifyListener",
          "CreateTaskSet",
          "ModifyListener",
          "ModifyListener",
          "ModifyListener",
          "UpdateServicePrimaryTaskSet",
        ],
      );
      const { externalId, taskDefinition, scale } = (changes()[1]?.input ?? {}) as Record<string, unknown>; // of CreateTaskSet
      assert.deepEqual(
        { externalId, taskDefinition, scale },
        { externalId: deploymentId, taskDefinition: second, scale: { value: 100, unit: "PERCENT" } },
      );
    });

    await t.test("the traffic goes back, and the replacement goes", async () => {
      calls.length = 0;
      const restores = { deploymentId, serviceArn: "web", blue: original, pair };
      await toTheEnd(clients, { kind: "restore service", service, routes, restores });
      assert.deepEqual(
        changes().map(({ name }) => name),
        ["ModifyListener", "ModifyListener", "UpdateServicePrimaryTaskSet", "DeleteTaskSet"],
      );
      assert.deepEqual(await weights(), [
        [pair.blue, 100],
        [pair.green, 0],
      ]);
      await toTheEnd(clients, { kind: "delete task sets", service, ids: ["ecs-svc/0"] }); // one that is gone already
    });
  },
);
