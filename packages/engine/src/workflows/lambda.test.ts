import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../decide.ts";
import { evolveAll } from "../evolve.ts";
import type { LambdaAppSpec } from "../appspec/index.ts";
import { nearestName } from "../messages/did-you-mean.ts";
import { shiftOf } from "./lambda.ts";
import type { FunctionFacts, LambdaPlan } from "../model/lambda-plan.ts";
import { newDeployment } from "../new-deployment.ts";
import { rollback } from "../rules/rollback.ts";
import type { Checkpoint } from "../model/effect.ts";
import type { World } from "../world.ts";

const minute = 60_000;
const appSpec: LambdaAppSpec = {
  functionName: "f",
  alias: "live",
  currentVersion: "1",
  targetVersion: "2",
  hooks: { BeforeAllowTraffic: "check" },
};
const facts: FunctionFacts = {
  arn: "arn:aws:lambda:eu-west-1:123456789012:function:f",
  alias: { version: "1", weights: {}, revisionId: "r1" },
  aliases: [],
  missing: [],
  missingHooks: [],
};

/** A deployment that a test takes along. */
class Story {
  world: World;

  constructor(plan: Partial<LambdaPlan> = {}) {
    const lambda: LambdaPlan = {
      source: { appSpec },
      routing: { type: "TimeBasedCanary", percent: 10, minutes: 5 },
      hookExecutions: { BeforeAllowTraffic: "before-id", AfterAllowTraffic: "after-id" },
      adoptsWeightedAlias: false,
      ...plan,
    };
    const deployment = newDeployment({
      id: "d-1",
      createTime: 0,
      kind: "lambda",
      lambda,
      ignoreApplicationStopFailures: false,
      minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
    });
    this.world = { now: 0, deployment, targets: [], reports: [], instanceStates: {} };
    this.pass();
  }

  pass(minutes = 0): this {
    const world = { ...this.world, now: this.world.now + minutes * minute };
    this.world = evolveAll(world, decide(world));
    return this;
  }

  /** A gateway, or a hook, reports what is under way. */
  report({
    fails,
    checkpoint,
  }: {
    readonly fails?: string | undefined;
    readonly checkpoint?: Checkpoint | undefined;
  }): this {
    const { deployment, targets, now } = this.world;
    const commandId =
      deployment.steps.find(({ status }) => status === "InProgress")?.id ??
      targets[0]?.events.find(({ status }) => status === "InProgress")?.command?.id;
    assert(commandId !== undefined, "something is under way");
    const diagnostics = { errorCode: "UnknownError", scriptName: "", message: fails ?? "", logTail: "" } as const;
    const status = fails === undefined ? "Succeeded" : "Failed";
    const told = { diagnostics, checkpoint };
    this.world = { ...this.world, reports: [{ commandId, at: now, kind: "completed", status, ...told }] };
    return this.pass();
  }

  /** A gateway was refused, by AWS's code. */
  refused(code: string): this {
    const event = this.world.targets[0]?.events.find(({ status }) => status === "InProgress");
    const commandId = event?.command?.id ?? assert.fail("an event is under way");
    const error = { code, message: "AccessDeniedException: not authorized to perform: lambda:UpdateAlias" };
    const diagnostics = { errorCode: "UnknownError", scriptName: "", message: error.message, logTail: "" } as const;
    const report = { commandId, at: this.world.now, kind: "completed", status: "Failed", error, diagnostics } as const;
    this.world = { ...this.world, reports: [report] };
    return this.pass();
  }

  looked(found: FunctionFacts = facts): this {
    return this.report({ checkpoint: { functionFacts: found } });
  }

  get events(): string {
    return (this.world.targets[0]?.events ?? []).map(({ name, status }) => `${name} ${status}`).join(", ");
  }

  get effect() {
    return this.world.targets[0]?.events.find(({ status }) => status === "InProgress")?.command?.effect;
  }

  get end() {
    const { status, error } = this.world.deployment;
    return { status, code: error?.code, message: error?.message ?? "" };
  }
}

test("hooks run before and after the traffic moves, and the deployment is what its one target is", () => {
  const story = new Story().looked();

  assert.deepEqual(story.effect, {
    kind: "run hook",
    functionName: "check",
    deploymentId: "d-1",
    executionId: "before-id",
  });
  story.report({});
  const { effect } = story;
  assert(effect?.kind === "shift traffic");
  assert.deepEqual(effect.shifts, [
    { percent: 10, at: 0 },
    { percent: 100, at: 5 * minute },
  ]);
  assert.equal(effect.before?.revisionId, "r1");
  story.report({ checkpoint: { shifted: { percent: 100, revisionId: "r3" } } });
  story.report({});

  assert.equal(story.events, "BeforeAllowTraffic Succeeded, AllowTraffic Succeeded, AfterAllowTraffic Succeeded");
  assert.equal(story.end.status, "Succeeded");
  const [target] = story.world.targets;
  assert(target);
  assert.equal(shiftOf(story.world.deployment, target)?.percent, 100);
});

test("what cannot be done is told before anything moves, the most basic reason first", () => {
  const ends = (found: Partial<FunctionFacts>, plan: Partial<LambdaPlan> = {}) => {
    const { end, world } = new Story(plan).looked({ ...facts, ...found });
    assert.equal(world.targets.length, 0);
    assert.equal(end.status, "Failed");
    return `${end.code}: ${end.message.replace(/^.*invalid configuration\. /, "")}`;
  };
  const { alias = { version: "", weights: {}, revisionId: "" } } = facts;
  const { arn: _arn, ...noFunction } = facts;
  const { alias: _alias, ...noAlias } = facts;

  assert.match(new Story().looked(noFunction).end.message, /There is no function "f"/);
  assert.match(
    new Story().looked({ ...noAlias, aliases: ["prod", "Live-2"] }).end.message,
    /no alias "live"; did you mean "Live-2"/,
  );
  assert.equal(ends({ missing: ["2"] }), 'INVALID_LAMBDA_FUNCTION: The function "f" has no version 2');
  assert.match(ends({ missingHooks: ["check"] }), /^HOOK_EXECUTION_FAILURE: .*"check", which does not exist/);
  assert.match(
    ends({ alias: { ...alias, version: "3" } }),
    /^INVALID_LAMBDA_CONFIGURATION: The alias "live" is on version 3, and CurrentVersion is 1/,
  );
  assert.match(
    ends({ alias: { ...alias, weights: { "2": 0.1 } } }),
    /on version 1, with 10 % of the traffic on version 2, as a stopped.*aws lambda update-alias --function-name f --name live/,
  );
  const same = { appSpec: { ...appSpec, targetVersion: "1" } };
  assert.match(ends({}, { source: same }), /CurrentVersion and TargetVersion are both 1/);
});

test("an alias with weights is adopted when its group wants that, and the alias's own version stands in for an absent one", () => {
  const { currentVersion: _absent, ...open } = appSpec;
  const alias = { version: "1", weights: { "2": 0.1 }, revisionId: "r1" };
  const story = new Story({ adoptsWeightedAlias: true, source: { appSpec: open } }).looked({ ...facts, alias });

  story.report({});

  assert(story.effect?.kind === "shift traffic");
  assert.equal(story.effect.currentVersion, "1");
});

test("a hook that says no leaves the traffic where it is", () => {
  const story = new Story().looked().report({ fails: "check failed: boom" });

  assert.equal(story.events, "BeforeAllowTraffic Failed, AllowTraffic Skipped, AfterAllowTraffic Skipped");
  assert.deepEqual([story.end.status, story.end.code], ["Failed", "HOOK_EXECUTION_FAILURE"]);
  assert.match(story.end.message, /BeforeAllowTraffic failed: check failed: boom/);
});

test("a hook that never reports fails after an hour, and traffic that moves slowly does not", () => {
  const silent = new Story().looked().pass(59);
  assert.equal(silent.end.status, "InProgress");
  silent.pass(1);
  assert.deepEqual([silent.end.status, silent.end.code], ["Failed", "TIMEOUT"]);

  const slow = new Story({ routing: { type: "TimeBasedLinear", percent: 50, minutes: 600 } }).looked().report({});
  slow.pass(659);
  assert.equal(slow.end.status, "InProgress");
  slow.pass(1);
  assert.equal(slow.end.code, "TIMEOUT");
});

test("a stop in the middle of a shift ends it there, and a rollback takes the alias back at once", () => {
  const story = new Story().looked().report({});
  story.world = { ...story.world, deployment: { ...story.world.deployment, stopRequestedAt: 0 } };
  story.pass();

  assert.equal(story.events, "BeforeAllowTraffic Succeeded, AllowTraffic Failed, AfterAllowTraffic Skipped");
  assert.deepEqual([story.end.status, story.end.code], ["Stopped", "MANUAL_STOP"]);

  const configuration = { enabled: true, events: ["DEPLOYMENT_STOP_ON_REQUEST" as const] };
  const { deployment, targets } = story.world;
  const owed = rollback({ deployment, targets, creator: "user", configuration, hasLastSuccessful: false });
  assert(owed.is === "owed" && owed.kind === "lambda");
  const back = new Story(owed.lambda).looked({
    ...facts,
    alias: { version: "1", weights: { "2": 0.1 }, revisionId: "r2" },
  });
  back.report({});
  assert(back.effect?.kind === "shift traffic");
  assert.deepEqual(
    [back.effect.targetVersion, back.effect.before, back.effect.shifts],
    ["1", undefined, [{ percent: 100, at: 0 }]],
  );
});

test("an AppSpec file in a bucket is read first", () => {
  const story = new Story({ source: { object: { bucket: "b", key: "k" } } });
  assert.equal(story.world.deployment.steps[0]?.name, "read AppSpec file");

  story.report({ checkpoint: { appSpec } }).looked();

  assert.equal(story.world.targets[0]?.id, "f");
});

test("the name that is meant is the nearest one", () => {
  assert.equal(nearestName("lvie", ["prod", "live"]), "live");
  assert.equal(nearestName("TestFunctionAlias", ["CodeDeployTestFunctionAlias"]), "CodeDeployTestFunctionAlias");
  assert.equal(nearestName("live", ["production"]), undefined);
});

test("an alias that another deployment is shifting is waited for, and never taken for one that was left so", () => {
  const weighted = { ...facts, alias: { version: "1", weights: { "3": 0.1 }, revisionId: "r2" } };
  for (const adoptsWeightedAlias of [false, true]) {
    const story = new Story({ adoptsWeightedAlias });
    story.world = { ...story.world, aliasShiftedBy: "d-OTHER" };

    const { deployment } = story.looked(weighted).world;

    assert.equal(deployment.error?.code, "INVALID_LAMBDA_CONFIGURATION");
    assert.match(
      deployment.error?.message ?? "",
      /The deployment d-OTHER is shifting .* "live" of "f" .* Wait until d-OTHER/,
    );
    assert.doesNotMatch(deployment.error?.message ?? "", /update-alias/);
  }
});

test("a deployment that shifts its alias already goes on when another one comes", () => {
  const story = new Story().looked();
  story.world = { ...story.world, aliasShiftedBy: "d-OTHER" };

  assert.equal(story.pass().world.deployment.status, "InProgress");
});

test("what the service role may not do is not said to be the AppSpec file's fault", () => {
  const story = new Story().looked().report({}).refused("IAM_ROLE_PERMISSIONS");

  const { error } = story.world.deployment;

  assert.equal(error?.code, "IAM_ROLE_PERMISSIONS");
  assert.match(error?.message ?? "", /AllowTraffic failed: AccessDeniedException: not authorized/);
});

test("a function that may not be looked at is not said to be missing", () => {
  const { arn: _arn, alias: _alias, ...others } = facts;

  const { error } = new Story().looked({ ...others, isDenied: true }).world.deployment;

  assert.match(
    error?.message ?? "",
    /no function "f" with an alias "live" \(the service role may not do lambda:GetFunctionConf/,
  );
});
