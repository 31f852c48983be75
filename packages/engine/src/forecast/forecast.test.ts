import assert from "node:assert/strict";
import { test } from "node:test";
import { newDeployment } from "../new-deployment.ts";
import type { Deployment, FleetMember, World } from "../world.ts";
import type { Assumptions } from "./assumptions.ts";
import { servicePlan } from "../../test/fake-service.ts";
import { forecast } from "./forecast.ts";

const second = 1_000;
const minute = 60 * second;

const hosts = (count: number): readonly FleetMember[] =>
  Array.from({ length: count }, (_, place) => ({
    id: `i-${place}`,
    arn: `arn:aws:ec2:us-east-1:123456789012:instance/i-${place}`,
    hostIdentifier: `i-${place}`,
    state: "running",
    health: "Healthy",
    revision: "Old",
    zone: `us-east-1${"ab"[place % 2]}`,
    tieBreaker: place,
  }));

const world = (found: readonly FleetMember[], more: Partial<Deployment> = {}): World => ({
  now: 0,
  deployment: {
    ...newDeployment({
      id: "d-1",
      createTime: 0,
      kind: "in-place",
      minimumHealthyHosts: { type: "FLEET_PERCENT", value: 50 },
      ignoreApplicationStopFailures: false,
    }),
    ...more,
  },
  targets: [],
  reports: [],
  instanceStates: {},
  fleets: { selected: { found } },
});

const assumptions = (more: Partial<Assumptions> = {}): Assumptions => ({
  eventMilliseconds: () => second,
  stepMilliseconds: () => second,
  fleetOf: () => undefined,
  ...more,
});

test("half at a time is two waves, each with what bounds it", () => {
  const { outcome, waves, until } = forecast(world(hosts(4)), assumptions());

  assert.equal(outcome, "Succeeded");
  assert.deepEqual(
    waves.map(({ number, from, until: end, targets }) => [number, from, end, targets]),
    [
      [1, 0, 7 * second, ["i-0", "i-1"]],
      [2, 7 * second, 14 * second, ["i-2", "i-3"]],
    ],
  );
  assert.equal(until, 14 * second);
  assert.equal(waves[0]?.because, "0 in flight and 0 failed leave room for 2 more");
});

test("a deployment that is under way goes on from where it is", () => {
  const first = forecast(world(hosts(4)), assumptions({ eventMilliseconds: () => minute }));
  const { targets, deployment } = first.end;
  const [done, , ...others] = targets;
  assert(done);
  const running = {
    ...others[0],
    ...{ id: "i-2", arn: "", hostIdentifier: "i-2", lastUpdatedAt: 0, status: "InProgress" as const },
    events: [
      {
        name: "ApplicationStop" as const,
        status: "InProgress" as const,
        command: { id: "d-1/i-2/ApplicationStop", issuedAt: 0, acknowledgedAt: 0 },
      },
    ],
  };
  const now = {
    ...world(hosts(2)),
    now: 40 * second,
    deployment: { ...deployment, status: "InProgress" as const, completeTime: undefined },
    targets: [done, running],
  };

  const { until, outcome, waves } = forecast(now, assumptions({ eventMilliseconds: () => minute }));

  assert.equal(until, minute, "the event has twenty seconds to go");
  assert.equal(outcome, "Succeeded");
  assert.deepEqual(waves, [], "nothing begins any more");
});

test("what would trip the rule ends the forecast: scripts that fail, and hosts that do not answer", () => {
  const failing = forecast(
    world(hosts(4), { minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 } }),
    assumptions({ troubleOf: ({ id }, event) => (id === "i-0" && event === "ValidateService" ? "fails" : undefined) }),
  );
  assert.equal(failing.outcome, "Failed");
  assert.equal(failing.error?.code, "HEALTH_CONSTRAINTS");
  assert.equal(failing.waves.length, 1);
  assert.equal(failing.end.targets.filter(({ status }) => status === "Skipped").length, 3);

  const silent = forecast(
    world(hosts(4), { minimumHealthyHosts: { type: "FLEET_PERCENT", value: 75 } }),
    assumptions({ troubleOf: ({ zone }) => (zone === "us-east-1b" ? "is silent" : undefined) }),
  );
  assert.equal(silent.outcome, "Failed");
  assert.equal(silent.until, 7 * second + 5 * minute, "a command that nobody picks up is waited for");
});

test("traffic of an alias moves by plan, and the forecast ends with it", () => {
  const lambda = {
    source: { appSpec: { functionName: "f", alias: "live", currentVersion: "1", targetVersion: "2", hooks: {} } },
    routing: { type: "TimeBasedCanary", percent: 10, minutes: 5 },
    hookExecutions: { BeforeAllowTraffic: "a", AfterAllowTraffic: "b" },
    adoptsWeightedAlias: false,
  } as const;

  const { outcome, until, steps } = forecast(world([], { kind: "lambda", lambda }), assumptions());

  assert.equal(outcome, "Succeeded");
  assert.deepEqual(
    steps.map(({ name }) => name),
    ["check function"],
  );
  assert.equal(until, second + second + 5 * minute + second, "a look, a hook, the canary, a hook");
});

test("a service's traffic moves by plan, and its original tasks end after their wait", () => {
  const ecs = servicePlan({ type: "TimeBasedCanary", percent: 10, minutes: 5 }, { terminationWait: 10 * minute });

  const { outcome, until, steps, end } = forecast(world([], { kind: "ecs", ecs }), assumptions());

  assert.equal(outcome, "Succeeded");
  assert.deepEqual(
    steps.map(({ name }) => name),
    ["check service", "suspend scaling", "delete original task set"],
  );
  assert.equal(end.targets[0]?.events.length, 8);
  assert.equal(until, 10 * second + 15 * minute, "three steps, seven events, the canary and the wait");
});

test("a forecast that depends on what nobody knows says so", () => {
  const blueGreen = {
    provisioning: "DISCOVER_EXISTING",
    blueInstances: "KEEP_ALIVE",
    terminationWait: 0,
  } as const;

  const { outcome, stuck } = forecast(world(hosts(2), { kind: "blue-green", blueGreen }), assumptions());

  assert.equal(outcome, undefined);
  assert.match(stuck ?? "", /it is not known which hosts will be replacement/);
});
