import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task, TaskState } from "../tasks/task.ts";
import { decide, type Decision, type Facts } from "./decide.ts";
import type { Service, TaskSet } from "./service.ts";

const set = (id: string, fields: Partial<TaskSet> = {}): TaskSet => ({
  ...{ id, status: "ACTIVE", definition: "web:1", scale: 100, loadBalancers: [], serviceRegistries: [] },
  ...{ isSteady: false, steadyChangedAt: 0, createdAt: 0, updatedAt: 0, failedTasks: 0, tags: [] },
  ...fields,
});

const service = (taskSets: readonly TaskSet[], fields: Partial<Service> = {}): Service => ({
  ...{ cluster: "demo", name: "web", status: "ACTIVE", controller: "CODE_DEPLOY", desiredCount: 2, taskSets },
  ...{ deploymentConfiguration: {}, schedulingStrategy: "REPLICA", placementConstraints: [], placementStrategy: [] },
  ...{ zoneRebalancing: "DISABLED", propagateTags: "NONE", hasManagedTags: false, allowsCommands: false },
  ...{ roleArn: "", createdAt: 0, events: [], tags: [], loadBalancers: [], serviceRegistries: [] },
  ...fields,
});

let made = 0;
const task = (taskSet: string, lastStatus: TaskState = "RUNNING", fields: Partial<Task> = {}): Task => {
  made += 1;
  return {
    ...{ id: `${taskSet}-${lastStatus}-${made}`, cluster: "demo", service: "web", taskSet, definition: "web:1" },
    ...{ group: "service:web", lastStatus, desiredStatus: "RUNNING", version: 1, platformVersion: "1.4.0" },
    network: { address: "", subnetId: "", zone: "", securityGroups: [], interfaceId: "", attachmentId: "", mac: "" },
    ...{ overrides: {}, targets: [], containers: [], allowsCommands: false, tags: [], createdAt: made, startedAt: 0 },
    ...fields,
  };
};

const facts: Facts = { now: 10_000, targetTrouble: () => undefined, isServing: () => true, graceMilliseconds: 0 };

/** Decisions in few words. */
const inWords = (decisions: readonly Decision[]) =>
  decisions.map((decision) => {
    if (decision.do === "launch") return `launch ${decision.count} of ${decision.set}`;
    if (decision.do === "stop") return `stop ${decision.tasks.length} of ${decision.set}: ${decision.why.kind}`;
    if (decision.do === "settle") return `${decision.set} is ${decision.isSteady ? "" : "not "}steady`;
    return decision.do === "end service" ? decision.do : `${decision.do} ${decision.set}`;
  });

test("each task set gets its share of the desired count, rounded up", () => {
  const sets = [
    set("a", { status: "PRIMARY" }),
    set("b", { scale: 50 }),
    set("c", { scale: 1 }),
    set("d", { scale: 0 }),
  ];

  assert.deepEqual(inWords(decide(service(sets, { desiredCount: 3 }), [], facts)), [
    "launch 3 of a",
    "launch 2 of b",
    "launch 1 of c",
  ]);
});

test("tasks that do least are stopped first: those on their way, then the ailing, then the newest", () => {
  const ailing = {
    containers: [{ health: "UNHEALTHY", isEssential: true, isChecked: true } as Task["containers"][number]],
  };
  const tasks = [task("a"), task("a"), task("a", "PENDING"), task("a", "RUNNING", { ...ailing, startedAt: 9_900 })];
  const patient = { ...facts, graceMilliseconds: 10_000 };
  const stopped = (count: number) => {
    const [step] = decide(service([set("a", { status: "PRIMARY" })], { desiredCount: count }), tasks, patient);
    return step?.do === "stop" ? step.tasks : [];
  };

  assert.deepEqual(stopped(3), [tasks[2]?.id]);
  assert.deepEqual(stopped(2), [tasks[2]?.id, tasks[3]?.id]);
  assert.deepEqual(stopped(1), [tasks[2]?.id, tasks[3]?.id, tasks[1]?.id]);
});

test("a task set is steady when exactly its tasks run and serve, and nothing of it is stopping", () => {
  const one = service([set("a", { status: "PRIMARY" })]);
  const two = [task("a"), task("a")];
  const stopping = task("a", "STOPPING", { desiredStatus: "STOPPED" });

  assert.deepEqual(inWords(decide(one, two, facts)), ["a is steady"]);
  assert.deepEqual(decide(one, two, { ...facts, isServing: () => false }), []);
  assert.deepEqual(decide(one, [...two, stopping], facts), []);
  assert.deepEqual(decide(one, [task("a"), task("a", "ACTIVATING")], facts), []);
  assert.deepEqual(decide(one, [task("a"), task("a", "RUNNING", { startedAt: 9_000 })], facts), []);
  const unchecked = { name: "web", isEssential: true, isChecked: true, health: "UNKNOWN" } as const;
  const checked = (health: "UNKNOWN" | "HEALTHY") =>
    task("a", "RUNNING", { containers: [{ ...unchecked, health, image: "", id: "", lastStatus: "RUNNING" }] });
  assert.deepEqual(decide(one, [checked("HEALTHY"), checked("UNKNOWN")], facts), []);
  assert.deepEqual(inWords(decide(one, [checked("HEALTHY"), checked("HEALTHY")], facts)), ["a is steady"]);
  const steady = service([set("a", { status: "PRIMARY", isSteady: true })]);
  assert.deepEqual(decide(steady, two, facts), []);
  assert.deepEqual(inWords(decide(steady, [task("a"), task("a", "PENDING")], facts)), ["a is not steady"]);
});

test("a task that a load balancer finds unhealthy is stopped after the grace period, and not before", () => {
  const one = service([set("a", { status: "PRIMARY" })], { desiredCount: 1 });
  const trouble = { group: "tg", port: 8080, why: "Health checks failed" };
  const ailing = { ...facts, isServing: () => false, targetTrouble: () => trouble };

  assert.deepEqual(inWords(decide(one, [task("a")], ailing)), ["stop 1 of a: target health"]);
  assert.deepEqual(decide(one, [task("a")], { ...ailing, graceMilliseconds: 20_000 }), []);
});

test("while tasks fail one at a time is tried, and not before its time", () => {
  const failing = (fields: Partial<TaskSet>) => service([set("a", { status: "PRIMARY", failedTasks: 3, ...fields })]);

  assert.deepEqual(inWords(decide(failing({}), [], facts)), ["launch 1 of a"]);
  assert.deepEqual(decide(failing({ launchAgainAt: 10_001 }), [], facts), []);
  const recovered = decide(failing({ isSteady: false }), [task("a"), task("a")], facts);
  assert.deepEqual(inWords(recovered), ["forget failures a"]);
});

test("a deleted task set goes when its tasks have stopped, and a deleted service with its last one", () => {
  const sets = [set("b", { status: "PRIMARY", isSteady: true }), set("a", { status: "DRAINING", isSteady: true })];
  const others = [task("b"), task("b")];
  const going = task("a", "STOPPING", { desiredStatus: "STOPPED" });
  const gone = task("a", "STOPPED", { desiredStatus: "STOPPED" });

  assert.deepEqual(inWords(decide(service(sets), [...others, task("a")], facts)), ["stop 1 of a: surplus"]);
  assert.deepEqual(inWords(decide(service(sets), [...others, going], facts)), ["a is not steady"]);
  assert.deepEqual(inWords(decide(service(sets), [...others, gone], facts)), ["drop task set a"]);
  const draining = service([], { status: "DRAINING", desiredCount: 0 });
  assert.deepEqual(decide(draining, [going], facts), []);
  assert.deepEqual(inWords(decide(draining, [gone], facts)), ["end service"]);
});

/** Plays a rolling deployment: each step is done at once, and the tasks of the newest set come up one round later. Gives how many ran of each set, round by round. */
function roll(desiredCount: number, minimumHealthyPercent: number, maximumPercent: number): readonly string[] {
  const rollout = { state: "IN_PROGRESS", reason: "" } as const;
  const sets = [set("new", { status: "PRIMARY", rollout }), set("old")];
  let rolling = service(sets, {
    ...{ controller: "ECS", desiredCount, deploymentConfiguration: { minimumHealthyPercent, maximumPercent } },
  });
  let tasks: Task[] = Array.from({ length: desiredCount }, () => task("old"));
  const rounds: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    for (const step of decide(rolling, tasks, facts)) {
      if (step.do === "launch") tasks.push(...Array.from({ length: step.count }, () => task(step.set, "PENDING")));
      if (step.do === "stop") tasks = tasks.filter(({ id }) => !step.tasks.includes(id));
      if (step.do === "drop task set")
        rolling = { ...rolling, taskSets: rolling.taskSets.filter(({ id }) => id !== step.set) };
    }
    const of = (id: string, state: TaskState) =>
      tasks.filter((one) => one.taskSet === id && one.lastStatus === state).length;
    const seen = `${of("old", "RUNNING")} old, ${of("new", "RUNNING")}+${of("new", "PENDING")} new`;
    if (rounds.at(-1) !== seen) rounds.push(seen);
    tasks = tasks.map((one) => ({ ...one, lastStatus: "RUNNING" }));
  }
  return rounds;
}

test("a rolling deployment keeps as many tasks as its minimum wants, and no more than its maximum lets there be", () => {
  assert.deepEqual(roll(2, 100, 200), ["2 old, 0+2 new", "0 old, 2+0 new"]);
  assert.deepEqual(roll(2, 50, 100), [
    "1 old, 0+0 new",
    "1 old, 0+1 new",
    "0 old, 1+0 new",
    "0 old, 1+1 new",
    "0 old, 2+0 new",
  ]);
  assert.deepEqual(roll(2, 0, 100), ["0 old, 0+0 new", "0 old, 0+2 new", "0 old, 2+0 new"]);
  assert.deepEqual(roll(3, 100, 150), [
    "3 old, 0+1 new",
    "2 old, 1+0 new",
    "2 old, 1+1 new",
    "1 old, 2+0 new",
    "1 old, 2+1 new",
    "0 old, 3+0 new",
  ]);
});

test("a rollout completes when only its tasks are left, and fails when its circuit breaker has seen enough", () => {
  const rollout = { state: "IN_PROGRESS", reason: "" } as const;
  const primary = (fields: Partial<TaskSet>) => [set("new", { status: "PRIMARY", rollout, ...fields })];
  const breaker = { deploymentCircuitBreaker: { enable: true, rollback: false } };
  const rolling = (sets: readonly TaskSet[], fields: Partial<Service> = {}) =>
    service(sets, { controller: "ECS", ...fields });

  assert.deepEqual(inWords(decide(rolling(primary({ isSteady: true })), [task("new"), task("new")], facts)), [
    "complete rollout new",
  ]);
  const failing = primary({ failedTasks: 3, launchAgainAt: 20_000 });
  assert.deepEqual(inWords(decide(rolling(failing, { deploymentConfiguration: breaker }), [], facts)), [
    "fail rollout new",
  ]);
  assert.deepEqual(decide(rolling(failing), [], facts), []);
  const many = rolling(failing, { deploymentConfiguration: breaker, desiredCount: 10 });
  assert.deepEqual(decide(many, [], facts), []);
});
