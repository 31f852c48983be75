import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeScale } from "../../../time-scale.ts";
import { decide, type Facts, type Decision } from "./decide.ts";
import type { Group, Member, ProcessName } from "../model/group.ts";
import { beginAction, completed, type Hook, type Transition, withHeartbeat } from "../model/hook.ts";

const now = 1_000_000;
const [a, b, c] = ["subnet-a", "subnet-b", "subnet-c"];
const timeScale = new TimeScale(1);

function member(id: string, fields: Partial<Member> = {}): Member {
  return {
    id,
    subnetId: a,
    zone: "us-east-1a",
    instanceType: "t3.micro",
    imageId: "ami-1",
    templateVersion: "1",
    state: "InService",
    health: "Healthy",
    isProtected: false,
    launchedAt: now,
    inServiceAt: now,
    actions: [],
    ...fields,
  };
}

function group(fields: Partial<Group> = {}): Group {
  return {
    name: "fleet",
    createdAt: now,
    launch: { kind: "template", id: "lt-1", name: "web", version: "1" },
    minSize: 0,
    maxSize: 10,
    desired: fields.members?.length ?? 0,
    subnetIds: [a, b, c],
    sources: [],
    healthCheckType: "EC2",
    gracePeriodSeconds: 0,
    cooldownSeconds: 300,
    terminationPolicies: ["Default"],
    protectsNewInstances: false,
    suspended: [],
    hooks: [],
    members: [],
    tags: [],
    metrics: [],
    causes: [],
    asGiven: {},
    ...fields,
  };
}

const facts = (fields: Partial<Facts> = {}): Facts => ({
  now,
  ec2State: () => "running",
  isDraining: () => false,
  failsTraffic: () => false,
  graceMilliseconds: 0,
  stuckMilliseconds: 3_600_000,
  ...fields,
});

const suspended = (...names: readonly ProcessName[]) => names.map((name) => ({ name, reason: "" }));
const hook = (name: string, transition: Transition = "autoscaling:EC2_INSTANCE_LAUNCHING"): Hook => ({
  name,
  transition,
  heartbeatSeconds: 60,
  defaultResult: "ABANDON",
});
const action = (name: string) => beginAction(hook(name), { token: `token of ${name}`, now, timeScale });
const does = (decisions: readonly Decision[]) => decisions.map((decision) => decision.do);

test("what is missing is launched where the group has fewest", () => {
  const spread = group({ desired: 5, members: [member("i-1"), member("i-2"), member("i-3", { subnetId: b })] });

  assert.deepEqual(decide(spread, facts()), [{ do: "launch", subnetIds: [c, b], why: "capacity" }]);
});

test("what is too much leaves from where the group has most, oldest version of the template first", () => {
  const members = [
    member("i-1", { templateVersion: "2" }),
    member("i-2", { templateVersion: "10" }),
    member("i-3", { subnetId: b, templateVersion: "1" }),
  ];

  assert.deepEqual(decide(group({ desired: 2, members }), facts()), [{ do: "take out", id: "i-1", why: "capacity" }]);
});

test("a protected instance does not leave when the group shrinks", () => {
  const members = [member("i-1", { isProtected: true }), member("i-2", { launchedAt: now + 1 })];

  assert.deepEqual(decide(group({ desired: 1, members }), facts()), [{ do: "take out", id: "i-2", why: "capacity" }]);
  assert.deepEqual(decide(group({ desired: 0, members: members.slice(0, 1) }), facts()), []);
});

test("zones that differ by two are brought into balance: one more is launched first", () => {
  const members = [member("i-1"), member("i-2")];

  assert.deepEqual(decide(group({ members }), facts()), [{ do: "launch", subnetIds: [b], why: "balance" }]);
  assert.deepEqual(decide(group({ members, suspended: suspended("AZRebalance") }), facts()), []);
  const grown = group({ desired: 2, members: [...members, member("i-3", { subnetId: b })] });
  assert.deepEqual(does(decide(grown, facts())), ["take out"]);
});

test("without Launch nothing is launched, and without Terminate nothing leaves", () => {
  assert.deepEqual(decide(group({ desired: 1, suspended: suspended("Launch") }), facts()), []);
  const two = { members: [member("i-1"), member("i-2", { subnetId: b })], desired: 1 };
  assert.deepEqual(decide(group({ ...two, suspended: suspended("Terminate") }), facts()), []);
});

test("an instance that has ended is found unhealthy, and then replaced", () => {
  const one = group({ members: [member("i-1")] });
  const stopped = facts({ ec2State: () => "stopped" });

  assert.deepEqual(decide(one, stopped), [{ do: "mark unhealthy", id: "i-1", because: "EC2" }]);
  const unhealthy = group({ members: [member("i-1", { health: "Unhealthy", unhealthyBecause: "EC2" })] });
  assert.deepEqual(decide(unhealthy, stopped), [{ do: "take out", id: "i-1", why: "EC2" }]);
});

test("without HealthCheck nothing is marked; without ReplaceUnhealthy what is marked stays", () => {
  const stopped = facts({ ec2State: () => "stopped" });
  const unhealthy = [member("i-1", { health: "Unhealthy" })];

  assert.deepEqual(decide(group({ members: [member("i-1")], suspended: suspended("HealthCheck") }), stopped), []);
  assert.deepEqual(decide(group({ members: unhealthy, suspended: suspended("ReplaceUnhealthy") }), stopped), []);
  assert.deepEqual(does(decide(group({ members: unhealthy, suspended: suspended("Launch") }), stopped)), ["take out"]);
});

test("load balancers judge an instance only after its grace period, and only if the group asks them", () => {
  const failing = facts({ failsTraffic: () => true, graceMilliseconds: 300_000 });
  const asks = group({ members: [member("i-1")], healthCheckType: "ELB" });

  assert.deepEqual(decide(asks, failing), []);
  assert.deepEqual(decide(asks, { ...failing, now: now + 300_000 }), [
    { do: "mark unhealthy", id: "i-1", because: "ELB" },
  ]);
  assert.deepEqual(decide(group({ members: [member("i-1")] }), { ...failing, now: now + 300_000 }), []);
});

test("all launch hooks hold an instance at once, and the last to complete lets it into service", () => {
  const pending = group({ hooks: [hook("one"), hook("two")], members: [member("i-1", { state: "Pending" })] });
  assert.deepEqual(decide(pending, facts({ ec2State: () => "pending" })), []);
  assert.deepEqual(does(decide(pending, facts())), ["hold"]);

  const waiting = (...actions: Member["actions"]) =>
    group({ members: [member("i-1", { state: "Pending:Wait", actions })] });
  const [one, two] = [action("one"), action("two")];
  assert.deepEqual(decide(waiting(one, two), facts()), []);
  assert.deepEqual(decide(waiting(completed(one, "CONTINUE"), two), facts()), []);
  assert.deepEqual(does(decide(waiting(completed(one, "CONTINUE"), completed(two, "CONTINUE")), facts())), ["proceed"]);
  assert.deepEqual(does(decide(group({ members: [member("i-1", { state: "Pending:Proceed" })] }), facts())), [
    "enter service",
  ]);
});

test("one launch hook that abandons gives the instance up without waiting for the others", () => {
  const members = [
    member("i-1", { state: "Pending:Wait", actions: [completed(action("one"), "ABANDON"), action("two")] }),
  ];

  assert.deepEqual(decide(group({ members }), facts()), [
    {
      do: "give up",
      id: "i-1",
      why: "Lifecycle Action with token token of one was abandoned: Lifecycle Action Completed with ABANDON Result",
    },
  ]);
});

test("a hook whose heartbeat stays out has its default result", () => {
  const members = (actions: Member["actions"]) => [member("i-1", { state: "Pending:Wait", actions })];
  const held = group({ members: members([action("one")]) });

  assert.deepEqual(decide(held, facts({ now: now + 59_999 })), []);
  const [decision] = decide(held, facts({ now: now + 60_000 }));
  assert(decision?.do === "settle hooks");
  const [given] = decide(group({ members: members(decision.actions) }), facts({ now: now + 60_000 }));
  assert.deepEqual(given, {
    do: "give up",
    id: "i-1",
    why: "Lifecycle Action with token token of one was abandoned: Heartbeat Timeout",
  });
});

test("heartbeats hold an instance for a hundred timeouts and no longer", () => {
  const kept = Array.from({ length: 200 }).reduce<Member["actions"][number]>(
    (held, _, index) => withHeartbeat(held, { now: now + index * 59_000, timeScale }),
    action("one"),
  );
  const held = group({ members: [member("i-1", { state: "Pending:Wait", actions: [kept] })] });

  assert.deepEqual(decide(held, facts({ now: now + 5_999_999 })), []);
  assert.deepEqual(does(decide(held, facts({ now: now + 6_000_000 }))), ["settle hooks"]);
});

test("a terminating instance drains, waits for its hooks, and ends whatever they say", () => {
  const hooks = [hook("one", "autoscaling:EC2_INSTANCE_TERMINATING")];
  const leaving = (fields: Partial<Member>) => group({ desired: 0, hooks, members: [member("i-1", fields)] });

  assert.deepEqual(decide(leaving({ state: "Terminating" }), facts({ isDraining: () => true })), []);
  assert.deepEqual(does(decide(leaving({ state: "Terminating" }), facts())), ["hold"]);
  const abandoned = [completed(action("one"), "ABANDON")];
  assert.deepEqual(does(decide(leaving({ state: "Terminating:Wait", actions: abandoned }), facts())), ["proceed"]);
  assert.deepEqual(does(decide(leaving({ state: "Terminating:Proceed" }), facts())), ["end instance"]);
  assert.deepEqual(decide(leaving({ state: "Terminating:Proceed" }), facts({ ec2State: () => "shutting-down" })), []);
  assert.deepEqual(does(decide(leaving({ state: "Terminating:Proceed" }), facts({ ec2State: () => "terminated" }))), [
    "forget",
  ]);
});

test("standby is reached when the instance has drained, and counts no longer", () => {
  const entering = group({ desired: 0, members: [member("i-1", { state: "EnteringStandby" })] });

  assert.deepEqual(decide(entering, facts({ isDraining: () => true })), []);
  assert.deepEqual(does(decide(entering, facts())), ["stand by"]);
  assert.deepEqual(does(decide(group({ desired: 1, members: [member("i-1", { state: "Standby" })] }), facts())), [
    "launch",
  ]);
});

test("a group that is deleted by force asks neither hooks nor suspended processes", () => {
  const held = [action("one")];
  const going = group({
    isGoing: true,
    desired: 0,
    hooks: [hook("one", "autoscaling:EC2_INSTANCE_TERMINATING")],
    suspended: suspended("Terminate"),
    members: [
      member("i-1"),
      member("i-2", { state: "Terminating" }),
      member("i-3", { state: "Terminating:Wait", actions: held }),
    ],
  });

  assert.deepEqual(does(decide(going, facts({ isDraining: () => true }))), ["take out", "proceed", "proceed"]);
  assert.deepEqual(decide(group({ isGoing: true }), facts()), [{ do: "delete group" }]);
});

test("after a launch has failed the group waits before it tries again", () => {
  const failed = group({ desired: 1, launchAgainAt: now + 15_000 });

  assert.deepEqual(decide(failed, facts()), []);
  assert.deepEqual(does(decide(failed, facts({ now: now + 15_000 }))), ["launch"]);
});
