import assert from "node:assert/strict";
import { test } from "node:test";
import { type AutoRollbackEvent, type RollbackInput, rollback, rollbackMessages } from "./rollback.ts";
import { newDeployment } from "../new-deployment.ts";
import type { Deployment, LifecycleEventName, Target } from "../world.ts";

const every: readonly AutoRollbackEvent[] = [
  "DEPLOYMENT_FAILURE",
  "DEPLOYMENT_STOP_ON_ALARM",
  "DEPLOYMENT_STOP_ON_REQUEST",
];

const ended = (
  deployment: Partial<Deployment>,
  others: Partial<Omit<RollbackInput, "deployment">> = {},
): RollbackInput => ({
  deployment: {
    ...newDeployment({
      id: "d-1",
      createTime: 0,
      kind: "in-place",
      minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 },
      ignoreApplicationStopFailures: false,
    }),
    status: "Failed",
    startTime: 0,
    ...deployment,
  },
  targets: [],
  creator: "user",
  configuration: { enabled: true, events: every },
  hasLastSuccessful: true,
  ...others,
});

const stopped = (code: string) => ({ status: "Stopped", error: { code, message: "" } }) as const;

test("each end has its event, and rolls back when that is configured", () => {
  const ends = [
    [ended({ status: "Failed" }), "DEPLOYMENT_FAILURE"],
    [ended(stopped("ALARM_ACTIVE")), "DEPLOYMENT_STOP_ON_ALARM"],
    [ended(stopped("MANUAL_STOP")), "DEPLOYMENT_STOP_ON_REQUEST"],
    [ended(stopped("TIMEOUT")), "DEPLOYMENT_FAILURE"],
  ] as const;

  for (const [end, event] of ends) {
    const configuration = { enabled: true, events: [event] };
    const others = { enabled: true, events: every.filter((name) => name !== event) };

    assert.deepEqual(rollback({ ...end, configuration }), { is: "owed", kind: "in-place", because: event });
    assert.equal(rollback({ ...end, configuration: others }).is, "none", event);
    assert.equal(rollback({ ...end, configuration: { ...configuration, enabled: false } }).is, "none", event);
  }
});

test("a deployment that succeeded is not rolled back", () => {
  assert.equal(rollback(ended({ status: "Succeeded" })).is, "none");
});

test("StopDeployment decides over the configuration, for this stop only", () => {
  const disabled = { enabled: false, events: [] };

  const request = (rollbackOnStop: boolean) => ({ ...stopped("MANUAL_STOP"), rollbackOnStop });
  assert.equal(rollback(ended(request(true), { configuration: disabled })).is, "owed");
  assert.equal(rollback(ended(request(false))).is, "none");
  assert.equal(rollback(ended({ ...request(true), status: "Failed" }, { configuration: disabled })).is, "none");
});

test("only deployments of users are rolled back: no rollback rolls back", () => {
  for (const creator of ["codeDeployRollback", "autoscaling", "autoscalingTermination", "CodeDeployAutoUpdate"])
    assert.equal(rollback(ended({}, { creator })).is, "none", creator);
});

test("without a successful deployment there is nothing to go back to, and the message says so", () => {
  const none = rollback(ended({}, { hasLastSuccessful: false }));

  assert(none.is === "none");
  assert.match(none.message ?? "", /^Deployment d-1 terminated\. .*no successful deployment/);
});

test("a deployment that touched nobody is not rolled back, and the message says so", () => {
  const { startTime: _never, ...deployment } = ended({}).deployment;

  const none = rollback({ ...ended({}), deployment });

  assert(none.is === "none");
  assert.match(none.message ?? "", /before it had touched any instance/);
});

test("the two deployments name each other in AWS's words", () => {
  assert.deepEqual(rollbackMessages("d-1", "d-2"), {
    onEnded: "Deployment d-1 terminated. Automatic rollback is triggered with a DeploymentId d-2.",
    onRollback: "Deployment d-2 is triggered to roll back deployment d-1.",
  });
});

test("traffic that has moved goes back: original hosts that left return, replacements that came leave", () => {
  const registrations = [{ targetGroup: "arn:web", port: 8081 }];
  const targets = [
    host("i-1", "Blue", { BeforeBlockTraffic: "done", BlockTraffic: "done" }, registrations),
    host("i-2", "Blue", { BeforeBlockTraffic: "done", BlockTraffic: "pending" }),
    host("i-3", "Green", { AllowTraffic: "done" }),
    host("i-4", "Green", { AllowTraffic: "pending" }),
  ];

  const owed = rollback(ended({ kind: "blue-green" }, { targets }));

  assert(owed.is === "owed" && owed.kind === "reroute");
  assert.deepEqual(
    owed.reroute.back.map(({ id, deregistered }) => ({ id, deregistered })),
    [{ id: "i-1", deregistered: registrations }],
  );
  assert.deepEqual(
    owed.reroute.away.map(({ id }) => id),
    ["i-3"],
  );
});

test("a function's alias goes back to the version that it led to", () => {
  const appSpec = { functionName: "f", alias: "live", targetVersion: "2", hooks: {} };
  const hookExecutions = { BeforeAllowTraffic: "a", AfterAllowTraffic: "b" };
  const plan = {
    source: { appSpec },
    routing: { type: "AllAtOnce" },
    hookExecutions,
    adoptsWeightedAlias: false,
  } as const;
  const alias = { version: "1", weights: { 2: 0.1 }, revisionId: "r" };
  const functionFacts = { arn: "arn:f", alias, aliases: ["live"], missing: [], missingHooks: [] };
  const effect = { kind: "check function", functionName: "f", alias: "live", versions: ["2"], hooks: [] } as const;
  const looked = {
    id: "s",
    name: effect.kind,
    effect,
    status: "Succeeded",
    startTime: 0,
    checkpoint: { functionFacts },
  } as const;

  const shifting = { name: "AllowTraffic", status: "Failed", command: { id: "c", issuedAt: 0 } } as const;
  const target = { id: "f", arn: "arn:f", hostIdentifier: "arn:f", status: "Failed", lastUpdatedAt: 0 } as const;
  const state = { kind: "lambda", lambda: plan, steps: [looked] } as const;

  const moved = { targets: [{ ...target, events: [shifting] }], hasLastSuccessful: false };
  const owed = rollback(ended(state, moved));

  assert(owed.is === "owed" && owed.kind === "lambda");
  assert.deepEqual(owed.lambda.source, {
    appSpec: { functionName: "f", alias: "live", currentVersion: "2", targetVersion: "1", hooks: {} },
  });
  assert.equal(rollback(ended(state)).is, "none", "its traffic had not moved");
});

test("once the original hosts are being ended, only a new fleet can bring the old revision back", () => {
  const effect = { kind: "end original instances", scalingGroups: ["web"], instances: [] } as const;
  const step = { id: "s", name: effect.kind, effect, status: "InProgress", startTime: 0 } as const;

  assert.deepEqual(rollback(ended({ kind: "blue-green", steps: [step] })), {
    is: "owed",
    kind: "blue-green",
    because: "DEPLOYMENT_FAILURE",
  });
});

function host(
  id: string,
  label: "Blue" | "Green",
  events: Partial<Record<LifecycleEventName, "done" | "pending">>,
  registrations?: Target["deregistered"],
): Target {
  const names = Object.keys(events) as LifecycleEventName[]; // the record's own keys
  return {
    id,
    arn: id,
    hostIdentifier: id,
    label,
    status: "InProgress",
    lastUpdatedAt: 0,
    events: names.map((name) => {
      if (events[name] === "pending") return { name, status: "Pending" };
      const checkpoint = registrations === undefined ? {} : { checkpoint: { registrations } };
      return { name, status: "Succeeded", command: { id: `${id}/${name}`, issuedAt: 0, ...checkpoint } };
    }),
  };
}
