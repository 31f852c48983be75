// A shift whose control plane ends at every single call that it makes, before it and after it: `kill -9` at each step.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { CreateServiceCommand } from "@aws-sdk/client-ecs";
import {
  type Action,
  CreateListenerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Checkpoint, Effect } from "@sluice/engine";
import { imageFolder, network, openContainerFixture, whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { freePort, openBalanced } from "../../packages/cloud/test/targets.ts";
import { openClients } from "../../packages/server/src/gateways/clients.ts";
import { type EffectContext, performEffect } from "../../packages/server/src/reconciler/perform-effect.ts";
import { eventually } from "../support/eventually.ts";

const skip = whyNoImages();
const service = { cluster: "demo", service: "web" };

/** A service of ordinary processes behind two listeners, one of them with a rule of its own. */
async function openGround(t: TestContext) {
  const fixture = await openContainerFixture(t, { driver: "plain" });
  const { elb, group: blue, listener: production, loadBalancer } = await openBalanced(t, fixture.cloud);
  const vpc = { VpcId: "vpc-00000000000000001", TargetType: "ip" as const, HealthCheckIntervalSeconds: 5 };
  const { TargetGroups: [made] = [] } = await elb.send(
    new CreateTargetGroupCommand({ Name: "green", Protocol: "HTTP", Port: 8080, HealthyThresholdCount: 2, ...vpc }),
  );
  const green = made?.TargetGroupArn ?? "";
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "0" }];
  for (const TargetGroupArn of [blue, green])
    await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
  const toBlue: Action[] = [{ Type: "forward", TargetGroupArn: blue }];
  const { Listeners: [second] = [] } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: loadBalancer,
      Protocol: "HTTP",
      Port: await freePort(),
      DefaultActions: toBlue,
    }),
  );
  const Conditions = [{ Field: "path-pattern", PathPatternConfig: { Values: ["/members/*"] } }];
  await elb.send(new CreateRuleCommand({ ListenerArn: production, Priority: 1, Conditions, Actions: toBlue }));
  const define = (version: string) => {
    const folder = imageFolder(t, version);
    writeFileSync(join(folder, "serve.mjs"), readFileSync("packages/cloud/test/ecs/serve.mjs"));
    const container = { name: "web", image: `file:${folder}`, command: [process.execPath, "serve.mjs"] };
    return fixture.define("web", [{ ...container, stopTimeout: 2, portMappings: [{ containerPort: 8080 }] }]);
  };
  await fixture.ecs.send(
    new CreateServiceCommand({
      cluster: "demo",
      serviceName: "web",
      taskDefinition: await define("1"),
      desiredCount: 1,
      launchType: "FARGATE",
      deploymentController: { type: "CODE_DEPLOY" },
      networkConfiguration: network,
      loadBalancers: [{ targetGroupArn: blue, containerName: "web", containerPort: 8080 }],
    }),
  );
  const steady = await fixture.until(
    "web",
    "its task is steady",
    ({ taskSets }) => taskSets?.[0]?.stabilityStatus === "STEADY_STATE",
  );
  const tester = second?.ListenerArn ?? "";
  const sharesOf = (actions: Action[] = []) => {
    const groups = actions[0]?.ForwardConfig?.TargetGroups ?? [];
    const sum = groups.reduce((all, { Weight = 0 }) => all + Weight, 0);
    const greens = groups.find(({ TargetGroupArn }) => TargetGroupArn === green)?.Weight ?? 0;
    assert(groups.length === 1 || sum === 100, `weights sum to ${sum}`);
    return groups.length === 1 && groups[0]?.TargetGroupArn === green ? 100 : greens;
  };
  /** Green's share of each route: production's default action and its rule, and the test listener's. */
  const shares = async () => {
    const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: production }));
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ ListenerArns: [tester] }));
    return { production: Rules.map(({ Actions }) => sharesOf(Actions)), test: sharesOf(Listeners[0]?.DefaultActions) };
  };
  const original = steady.taskSets?.[0]?.id ?? "";
  return { ...fixture, define, shares, original, pair: { blue, green }, routes: { production, test: tester } };
}

type Ground = Awaited<ReturnType<typeof openGround>>;

type Call = (call: unknown) => Promise<unknown>;

/** What each client's calls go through; each service has its own type of it. */
interface Steps {
  add(step: (next: Call) => Call, options: { readonly step: "initialize" }): void;
}

const first = { step: "initialize" } as const;

/** A control plane that performs effects, and ends in the middle of each as often as it can. */
function mortal(t: TestContext, { cloud, shares, service: describe }: Ground) {
  const ended = new Error("the control plane ended");
  let left = Number.POSITIVE_INFINITY;
  let cuts = 0;
  const spend = () => {
    left -= 1;
    if (left < 0) throw ended;
  };
  const clients = openClients(() => ({ ...cloud.client, maxAttempts: 1 }));
  t.after(() => clients.close());
  const each = (next: Call) => async (call: unknown) => {
    spend();
    const answer = await next(call);
    spend();
    return answer;
  };
  const armed = Promise.all([clients.ecs(), clients.loadBalancing(), clients.applicationAutoScaling()]).then((all) => {
    for (const { middlewareStack } of all as readonly { middlewareStack: Steps }[]) middlewareStack.add(each, first);
  });
  const invariant = async (planned: readonly number[]) => {
    const now = await shares();
    for (const share of now.production) assert(planned.includes(share), `${share} % is planned: ${planned.join()}`);
    assert(now.test === 0 || now.test === 100);
    const { taskSets = [] } = await describe("web");
    assert.equal(taskSets.filter(({ status }) => status === "PRIMARY").length, 1);
    assert(taskSets.length <= 2, "no task set is made twice");
  };
  /** Performs an effect until it says `until`: first with an end before the first call, then after it, before the second … */
  return {
    cuts: () => cuts,
    async through(
      effect: Effect,
      planned: readonly number[],
      {
        now = 0,
        known,
        until = "done",
      }: { now?: number; known?: Checkpoint | undefined; until?: "done" | number } = {},
    ): Promise<Checkpoint> {
      await armed;
      let checkpoint = known;
      let calls = 0;
      return eventually(`${effect.kind} ${until}`, async () => {
        left = calls;
        const context = { clients, now } as EffectContext; // these effects need no more
        const outcome = await performEffect(context, effect, checkpoint);
        const isCut = left < 0;
        left = Number.POSITIVE_INFINITY;
        await invariant(planned);
        calls += 1;
        if (isCut) {
          cuts += 1;
          return undefined; // what it would have written down is lost
        }
        if (outcome.is === "failed") throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
        checkpoint = { ...checkpoint, ...outcome.checkpoint };
        const isThere = until === "done" ? outcome.is === "done" : checkpoint.shifted?.percent === until;
        return isThere ? checkpoint : undefined;
      });
    },
  };
}

async function install(ground: Ground, deploymentId: string, version: string) {
  const { pair, routes, original: blue } = ground;
  const taskDefinition = await ground.define(version);
  const appSpec = { taskDefinition, containerName: "web", containerPort: 8080, hooks: {} };
  const { production } = routes;
  const create = { kind: "create task set", service, deploymentId, appSpec, blue, pair, production } as const;
  const shifts = [20, 40, 100].map((percent, at) => ({ percent, at }));
  const shift = { kind: "shift service", service, deploymentId, production, pair, shifts } as const;
  return { create, test: { kind: "route test traffic", listener: routes.test, pair } as const, shift };
}

test("a control plane that ends at any call of a shift leaves planned weights, and finishes", { skip }, async (t) => {
  const ground = await openGround(t);
  const { shares, original } = ground;
  const plane = mortal(t, ground);
  const { create, test, shift } = await install(ground, "d-1", "2");
  const scaling = new ApplicationAutoScaling(ground.cloud.client);
  t.after(() => scaling.destroy());
  const Service = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;
  const ResourceId = "service/demo/web";
  await scaling.registerScalableTarget({
    ...{ ...Service, ResourceId, MinCapacity: 1, MaxCapacity: 4 },
    SuspendedState: { ScheduledScalingSuspended: true },
  });
  const suspended = async () => {
    const { ScalableTargets } = await scaling.describeScalableTargets({ ...Service, ResourceIds: [ResourceId] });
    return Object.values(ScalableTargets?.[0]?.SuspendedState ?? {});
  };

  const rest = await plane.through({ kind: "suspend scaling", service }, [0]);
  assert.deepEqual(await suspended(), [true, true, true]);
  await plane.through(create, [0]);
  await plane.through(test, [0]);
  const some = await plane.through(shift, [0, 20], { now: 0, until: 20 });
  const more = await plane.through(shift, [20, 40], { now: 1, known: some, until: 40 });
  await plane.through(shift, [40, 100], { now: 2, known: more });
  await plane.through({ kind: "delete task sets", service, ids: [original] }, [100]);
  await plane.through({ kind: "resume scaling", scaling: rest.scaling ?? assert.fail("it scales") }, [100]);

  assert.deepEqual(await suspended(), [false, false, true]);
  assert.deepEqual(await shares(), { production: [100, 100], test: 100 });
  const { taskSets = [] } = await ground.service("web");
  assert.deepEqual(
    taskSets.map(({ status, externalId }) => [status, externalId]),
    [["PRIMARY", "d-1"]],
  );
  assert(plane.cuts() >= 40, `it ended ${plane.cuts()} times`);
});

test("a control plane that ends at any call of a rollback sends the traffic back all the same", { skip }, async (t) => {
  const ground = await openGround(t);
  const { shares, original, pair, routes } = ground;
  const plane = mortal(t, ground);
  const { create, test, shift } = await install(ground, "d-1", "2");
  await plane.through(create, [0]);
  await plane.through(test, [0]);
  await plane.through(shift, [0, 100], { now: 2 });

  await plane.through(
    {
      kind: "restore service",
      service,
      routes: { targetGroups: ["web", "green"], ...routes },
      restores: { deploymentId: "d-1", serviceArn: "web", blue: original, pair },
    },
    [100, 0],
  );

  assert.deepEqual(await shares(), { production: [0, 0], test: 0 });
  const left = await ground.until("web", "one task set is left", ({ taskSets }) => taskSets?.length === 1);
  assert.deepEqual([left.taskSets?.[0]?.id, left.taskSets?.[0]?.status], [original, "PRIMARY"]);
});
