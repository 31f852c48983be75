// Each call of a gateway in turn goes to the real front door and is refused there, as its caller has no permissions; all other calls get the responses below.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkpoint, Effect } from "@sluice/engine";
import { readAlarms } from "../../packages/server/src/gateways/alarms.ts";
import type { Clients } from "../../packages/server/src/gateways/clients.ts";
import { scalingGroupInstances, taggedInstances } from "../../packages/server/src/gateways/fleet.ts";
import { openGateways } from "../../packages/server/src/gateways/gateways.ts";
import { HookRuns } from "../../packages/server/src/gateways/hook-runs.ts";
import { outcomeOfError, type EffectOutcome } from "../../packages/server/src/gateways/outcome.ts";
import { type EffectContext, performEffect } from "../../packages/server/src/reconciler/perform-effect.ts";
import { eventually } from "../support/eventually.ts";
import { openServerFixture } from "../support/server-fixture.ts";
import { newUser } from "./principals.ts";

const arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1";
const group = { AutoScalingGroupName: "fleet", SuspendedProcesses: [], Instances: [], DesiredCapacity: 0 };
const registered = { Target: { Id: "i-1", Port: 80 }, TargetHealth: { State: "healthy" } };
const gone = { Target: { Id: "i-1", Port: 80 }, TargetHealth: { State: "unused", Reason: "Target.NotRegistered" } };

/** The responses of services to permitted calls; an empty object where the content does not matter. */
const answers: Readonly<Record<string, object>> = {
  DescribeAlarms: { MetricAlarms: [{ AlarmName: "errors", StateValue: "OK" }] },
  DescribeAutoScalingGroups: { AutoScalingGroups: [group] },
  DescribeInstanceHealth: { InstanceStates: [{ InstanceId: "i-1", State: "InService" }] },
  DescribeInstances: { Reservations: [{ Instances: [{ InstanceId: "i-1", State: { Name: "running" } }] }] },
  DescribeTargetGroups: { TargetGroups: [{ TargetGroupArn: arn, TargetGroupName: "web", LoadBalancerArns: ["x"] }] },
  DescribeTargetHealth: { TargetHealthDescriptions: [registered] },
  GetAlias: {
    FunctionVersion: "1",
    RevisionId: "r",
    AliasArn: "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
  },
  GetProvisionedConcurrencyConfig: { Status: "READY" },
};

const balancers = { targetGroups: ["web"], classic: ["old"] };
const action = { scalingGroup: "fleet", hook: "hook", instance: "i-1" };
const shifting = { functionName: "f", alias: "live", currentVersion: "1", targetVersion: "2" };

type Ask = (clients: Clients, checkpoint: Checkpoint | undefined) => Promise<EffectOutcome>;

const outside =
  (effect: Effect): Ask =>
  (clients, checkpoint) =>
    performEffect({ clients, now: 1 } as EffectContext, effect, checkpoint); // all that these effects are performed with

/** An effect, responses that differ for it, and calls that may fail, because AWS's own policies do not allow them all. */
interface Case {
  readonly ask: Ask;
  readonly answers?: Readonly<Record<string, object>>;
  readonly spared?: readonly string[];
}

const inHealth = (state: object) => ({ DescribeTargetHealth: { TargetHealthDescriptions: [state] } });
const attachments = [
  "DescribePolicies",
  "DescribeScheduledActions",
  "DescribeNotificationConfigurations",
  "DescribeLifecycleHooks",
];

const cases: Readonly<Record<string, Case>> = {
  "read AppSpec file": { ask: outside({ kind: "read AppSpec file", object: { bucket: "b", key: "k" } }) },
  "check function": {
    ask: outside({ kind: "check function", functionName: "f", alias: "live", versions: ["1"], hooks: ["check"] }),
    spared: ["GetFunctionConfiguration"],
  },
  "check load balancers": {
    ask: outside({ kind: "check load balancers", balancers, instances: ["i-2"], scalingGroups: ["fleet"] }),
  },
  "block traffic": { ask: outside({ kind: "block traffic", instance: "i-1", balancers }) },
  "allow traffic": {
    ask: outside({ kind: "allow traffic", instance: "i-1", balancers }),
    answers: { ...inHealth(gone), DescribeInstanceHealth: { InstanceStates: [] } },
  },
  "suspend processes": {
    ask: outside({ kind: "suspend processes", scalingGroups: ["fleet"], processes: ["AZRebalance"] }),
  },
  "resume processes": { ask: outside({ kind: "resume processes", suspended: { fleet: ["AZRebalance"] } }) },
  "copy Auto Scaling group": {
    ask: outside({ kind: "copy Auto Scaling group", from: "fleet", to: "copy", deploymentId: "d-1" }),
    spared: attachments,
  },
  "watch a copy grow": {
    ask: outside({ kind: "copy Auto Scaling group", from: "none", to: "fleet", deploymentId: "d-1" }),
    answers: { DescribeAutoScalingGroups: { AutoScalingGroups: [{ ...group, DesiredCapacity: 2 }] } },
  },
  "end an original group": {
    ask: outside({ kind: "end original instances", scalingGroups: ["fleet"], instances: [] }),
  },
  "end original instances": { ask: outside({ kind: "end original instances", scalingGroups: [], instances: ["i-1"] }) },
  "record heartbeat": { ask: outside({ kind: "record heartbeat", ...action }) },
  "complete lifecycle action": { ask: outside({ kind: "complete lifecycle action", result: "CONTINUE", ...action }) },
  "shift traffic": {
    ask: outside({ kind: "shift traffic", ...shifting, shifts: [{ at: 0, percent: 100 }] }),
  },
  "run hook": { ask: hookRun },
  "look which hosts have a tag": {
    ask: (clients) => found(taggedInstances(clients, [[{ Key: "a", Type: "KEY_ONLY" }]])),
  },
  "look which hosts an Auto Scaling group has": {
    ask: (clients) => found(scalingGroupInstances(clients, ["fleet"])),
    answers: {
      DescribeAutoScalingGroups: {
        AutoScalingGroups: [{ ...group, Instances: [{ InstanceId: "i-1", LifecycleState: "InService" }] }],
      },
    },
  },
  "read alarms": {
    ask: async (clients) => {
      const reading = await readAlarms(clients, ["errors"]);
      if ("retry" in reading || "active" in reading) return { is: "done" };
      const code = reading.isDenied === true ? "IAM_ROLE_PERMISSIONS" : "ALARM_ACTIVE";
      return { is: "failed", error: { code, message: reading.unreadable } };
    },
  },
};

async function hookRun(clients: Clients): Promise<EffectOutcome> {
  const runs = new HookRuns();
  const effect = { kind: "run hook", functionName: "check", deploymentId: "d-1", executionId: "e" } as const;
  return eventually("the function has been called", async () => {
    const run = runs.poll(clients, effect);
    return run.is === "under way" && run.because === "check runs" ? undefined : run;
  });
}

async function found(look: Promise<unknown>): Promise<EffectOutcome> {
  return look.then(
    () => ({ is: "done" }),
    (error: unknown) => outcomeOfError(error),
  );
}

/** Answers every call from the table, except those of one name. Returns the names of the calls that were made. */
async function answering(clients: Clients, table: Readonly<Record<string, object>>, denied: string | undefined) {
  const made = new Set<string>();
  const all = [
    clients.ec2(),
    clients.autoScaling(),
    clients.loadBalancing(),
    clients.classicLoadBalancing(),
    clients.cloudWatch(),
    clients.lambda(),
    clients.s3(),
  ];
  for (const client of await Promise.all<unknown>(all))
    // oxlint-disable-next-line typescript/no-explicit-any -- clients of eight services have stacks of eight types
    (client as any).middlewareStack.add(
      (next: (args: unknown) => unknown, { commandName = "" }: { commandName?: string }) =>
        (args: unknown) => {
          const name = commandName.replace(/Command$/, "");
          made.add(name);
          return name === denied ? next(args) : { output: { $metadata: {}, ...table[name] }, response: {} };
        },
      { step: "initialize" },
    );
  return made;
}

test(
  "what a service role may not do fails with AWS's own text, whichever call it is",
  { timeout: 120_000 },
  async (t) => {
    const sluice = await openServerFixture(t);
    const credentials = await newUser(sluice, "nobody");
    /** Performs the effect until it ends, with one call denied. Returns its outcome and the calls that were made. */
    const attempt = async ({ ask, answers: others }: Case, denied?: string) => {
      const gateways = openGateways({ at: "self", config: () => ({ ...sluice.as(credentials) }) });
      const clients = gateways.as("");
      const made = await answering(clients, { ...answers, ...others }, denied);
      let outcome: EffectOutcome = { is: "done" };
      for (let [asks, checkpoint] = [0, undefined as Checkpoint | undefined]; asks < 4; asks += 1) {
        outcome = await ask(clients, checkpoint);
        checkpoint = { ...checkpoint, ...outcome.checkpoint };
        if (outcome.is !== "under way") break;
      }
      await gateways.close();
      return { made, outcome };
    };

    const tried = new Set<string>();
    for (const [name, one] of Object.entries(cases)) {
      const { made } = await attempt(one);
      assert(made.size > 0, `${name} calls somebody`);
      for (const call of made) {
        const { outcome } = await attempt(one, call);
        tried.add(call);
        if (one.spared?.includes(call) === true) {
          assert(outcome.is !== "failed", `${name} can do without ${call}: ${JSON.stringify(outcome)}`);
          continue;
        }
        assert(outcome.is === "failed", `${name} without ${call}: ${JSON.stringify(outcome)}`);
        assert.equal(outcome.error.code, "IAM_ROLE_PERMISSIONS", `${name} without ${call}: ${outcome.error.message}`);
        assert.match(outcome.error.message, /AccessDenied|Unauthorized|AuthorizationError/);
        assert.match(outcome.error.message, /user\/nobody is not authorized to perform/i);
      }
    }
    t.diagnostic(`denied: ${[...tried].toSorted().join(", ")}`);
    assert(tried.size >= 28, `${tried.size} calls were tried`);
  },
);
