import assert from "node:assert/strict";
import { test } from "node:test";
import { pair, servicePlan } from "../../test/fake-service.ts";
import { decide } from "../decide.ts";
import type { ServiceFacts, ServiceState, TaskSetState } from "../model/ecs-plan.ts";
import { newDeployment } from "../new-deployment.ts";
import type { TrafficRouting } from "../rules/traffic-shift.ts";
import type { World } from "../world.ts";

const primary: TaskSetState = {
  ...{ id: "ecs-svc/1", status: "PRIMARY", targetGroup: pair.blue, isSteady: true },
  ...{ desiredCount: 2, pendingCount: 0, runningCount: 2 },
};
const service: ServiceState = {
  ...{ arn: "arn:service", name: "web", clusterName: "main", status: "ACTIVE", controller: "CODE_DEPLOY" },
  taskSets: [primary],
};
const listener = { protocol: "HTTP", routes: [{ weights: { [pair.blue]: 1 } }] };
const sound: ServiceFacts = {
  ...{ service, targetGroups: { ...pair }, production: listener, test: listener, missingHooks: [] },
  containers: [{ name: "web", ports: [80] }],
};

/** What a deployment does once its service was found like this: the error that ends it, if any. */
function endWith(facts: Partial<ServiceFacts>, routing: TrafficRouting = { type: "AllAtOnce" }) {
  const { id: deploymentId, ...ecs } = { id: "d-1", ...servicePlan(routing) };
  const { routes, service: name } = ecs;
  const about = { id: deploymentId, createTime: 0, kind: "ecs", ignoreApplicationStopFailures: false } as const;
  const deployment = newDeployment({ ...about, minimumHealthyHosts: { type: "HOST_COUNT", value: 0 }, ecs });
  const effect = { kind: "check service", service: name, routes, taskDefinition: "", hooks: [] } as const;
  const checked = { id: "d-1//check service", name: "check service", effect, startTime: 0, endTime: 0 } as const;
  const checkpoint = { serviceFacts: { ...sound, ...facts } };
  const world: World = {
    ...{ now: 1, targets: [], reports: [], instanceStates: {} },
    deployment: { ...deployment, steps: [{ ...checked, status: "Succeeded", checkpoint }] },
  };
  const last = decide(world).at(-1);
  return last?.do === "finish" ? last.error : undefined;
}

test("a service that is as it must be is deployed to", () => {
  assert.equal(endWith({}), undefined);
  assert.equal(endWith({ containers: undefined }), undefined, "a role that may not look does without");
});

test("what cannot be deployed to is refused before anything is made, each with its own words", () => {
  const of = (changes: Partial<ServiceState>) => ({ service: { ...service, ...changes } });
  const to = (weights: Readonly<Record<string, number>>) => ({ protocol: "HTTP", routes: [{ weights }] });
  const cases: readonly (readonly [Partial<ServiceFacts>, string, RegExp])[] = [
    [{ service: undefined, isClusterMissing: true }, "INVALID_ECS_SERVICE", /there is no cluster "main"$/],
    [{ service: undefined }, "INVALID_ECS_SERVICE", /the cluster "main" has no service "web"$/],
    [of({ status: "DRAINING" }), "INVALID_ECS_SERVICE", /the service "web" is DRAINING, and not ACTIVE$/],
    [of({ controller: "ECS" }), "INVALID_ECS_SERVICE", /the deployment controller of "web" is ECS, and CODE_DEPLOY/],
    [of({ taskSets: [] }), "INVALID_ECS_SERVICE", /the service "web" has no primary task set$/],
    [
      of({ taskSets: [primary, { ...primary, id: "ecs-svc/0", status: "ACTIVE" }] }),
      "INVALID_ECS_SERVICE",
      /still has the task set ecs-svc\/0 of an earlier deployment.*--task-set ecs-svc\/0 ;/,
    ],
    [{ targetGroups: { green: pair.green } }, "ELASTIC_LOAD_BALANCING_INVALID", /there is no target group "blue"$/],
    [
      of({ taskSets: [{ ...primary, targetGroup: "arn:targetgroup/other/9" }] }),
      "ELASTIC_LOAD_BALANCING_INVALID",
      /the primary task set is in the target group other, and the deployment group has blue and green$/,
    ],
    [
      of({ taskSets: [{ ...primary, targetGroup: undefined }] }),
      "ELASTIC_LOAD_BALANCING_INVALID",
      /in the target group of no load balancer, and/,
    ],
    [{ production: undefined }, "ELASTIC_LOAD_BALANCING_INVALID", /there is no listener production$/],
    [{ test: undefined }, "ELASTIC_LOAD_BALANCING_INVALID", /there is no listener test$/],
    [
      { production: to({ "arn:targetgroup/other/9": 1 }) },
      "ELASTIC_LOAD_BALANCING_INVALID",
      /must be behind listener production, with all of its traffic: its default action forwards to other \(weight 1\), and the primary task set is in blue$/,
    ],
    [
      { test: to({ [pair.blue]: 90, [pair.green]: 10 }) },
      "ELASTIC_LOAD_BALANCING_INVALID",
      /must be behind listener test.*blue \(weight 90\) and green \(weight 10\)/,
    ],
    [
      { production: { protocol: "HTTP", routes: [] } },
      "ELASTIC_LOAD_BALANCING_INVALID",
      /it forwards to no target group, and the primary/,
    ],
    [{ isTaskDefinitionMissing: true }, "INVALID_REVISION", /there is no task definition arn:.*web:2$/],
    [
      { containers: [{ name: "sidecar", ports: [] }] },
      "INVALID_REVISION",
      /web:2 has no container "web": it has sidecar$/,
    ],
    [
      { containers: [{ name: "web", ports: [443] }] },
      "INVALID_REVISION",
      /the container "web" of .*web:2 does not map the port 80: it maps 443$/,
    ],
    [{ missingHooks: ["check"] }, "HOOK_EXECUTION_FAILURE", /check/],
  ];

  for (const [facts, code, message] of cases) {
    const error = endWith(facts);
    assert.equal(error?.code, code, `${JSON.stringify(facts)}: ${error?.message}`);
    assert.match(error?.message ?? "", message);
  }
});

test("a Network Load Balancer's traffic moves all at once or not at all", () => {
  const production = { ...listener, protocol: "TCP" };
  const canary = { type: "TimeBasedCanary", percent: 10, minutes: 5 } as const;

  assert.equal(endWith({ production }), undefined);
  assert.match(
    endWith({ production }, canary)?.message ?? "",
    /the listener production is of a Network Load Balancer \(TCP\), whose traffic moves all at once: use CodeDeployDefault\.ECSAllAtOnce$/,
  );
});
