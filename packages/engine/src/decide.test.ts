import assert from "node:assert/strict";
import { test } from "node:test";
import { predefined, Shell } from "../test/shell.ts";
import { decide } from "./decide.ts";
import { isOver } from "./rules/ending.ts";
import { deploymentOverview } from "./rules/overview.ts";
import { targetsMax } from "./rules/time-limits.ts";
import type { Decision } from "./decision.ts";
import type { Fleet, FleetMember, InstanceState, World } from "./world.ts";

const hosts = (count: number) => Array.from({ length: count }, (_, at) => `i-${at + 1}`);

function deploying(count: number, settings: Parameters<Shell["deploy"]>[0] = {}): Shell {
  const shell = new Shell();
  shell.select(hosts(count));
  shell.deploy(settings);
  return shell;
}

const doing = (decisions: readonly Decision[]) => decisions.map((decision) => decision.do);

test("a deployment that is over decides nothing more", () => {
  const shell = deploying(1);
  shell.succeeds("i-1");

  assert(isOver(shell.world.deployment));
  assert.deepEqual(shell.pass(), []);
  assert.deepEqual(shell.stop(), []);
});

test("a stop before the beginning contacts nobody", () => {
  const shell = new Shell();
  shell.world = { ...shell.world, deployment: { ...shell.world.deployment, stopRequestedAt: 0 } };

  shell.pass();

  assert.equal(shell.world.deployment.status, "Stopped");
  assert.equal(shell.world.deployment.error?.code, "MANUAL_STOP");
  assert.equal(shell.world.deployment.startTime, undefined);
});

test("what was deleted before the beginning is named by its code", () => {
  for (const missing of ["APPLICATION_MISSING", "DEPLOYMENT_GROUP_MISSING", "REVISION_MISSING"] as const) {
    const shell = new Shell();
    shell.world = { ...shell.world, deployment: { ...shell.world.deployment, missing } };

    shell.pass();

    assert.equal(shell.world.deployment.status, "Failed");
    assert.equal(shell.world.deployment.error?.code, missing);
  }
});

test("a fleet that could not be looked up fails the deployment with its reason", () => {
  const error = { code: "IAM_ROLE_PERMISSIONS", message: "The role may not describe instances" };

  const [decision] = decide(withFleet({ error }));

  assert.deepEqual(decision, { do: "finish", as: "Failed", error, because: error.message });
});

test("terminated instances are no targets, stopped ones are", () => {
  const found = [member("i-1", "terminated"), member("i-2", "stopped"), member("i-3")];

  const added = decide(withFleet({ found })).find((decision) => decision.do === "add targets");

  assert.deepEqual(
    added?.targets.map(({ id }) => id),
    ["i-2", "i-3"],
  );
});

test("more hosts than a deployment may have fail it, and the message has both numbers", () => {
  const found = hosts(targetsMax + 1).map((id) => member(id));

  const [decision] = decide(withFleet({ found }));

  assert(decision?.do === "finish");
  assert.equal(decision.error?.code, "OVER_MAX_INSTANCES");
  assert.match(decision.error.message, /1001.*1000/);
});

test("a finished host frees its place at once", () => {
  const shell = deploying(4, { minimumHealthyHosts: predefined.HalfAtATime });

  const decisions = shell.succeeds("i-2");

  const last = decisions.filter((decision) => decision.do === "run").at(-1);
  assert.equal(last?.target, "i-3");
  assert.equal(deploymentOverview(shell.world.targets).InProgress, 2);
});

test("hosts in flight finish when too many others have failed", () => {
  const shell = deploying(5, { minimumHealthyHosts: { type: "HOST_COUNT", value: 2 } });
  shell.succeeds("i-1", "Install");
  shell.reports("i-2", "ScriptFailed");
  shell.reports("i-3", "ScriptFailed");
  assert.equal(shell.world.targets[3]?.status, "Pending");

  shell.reports("i-1", "ScriptFailed");
  assert.equal(shell.world.deployment.status, "Failed");
  assert.deepEqual(
    shell.world.targets.slice(3).map(({ status }) => status),
    ["Skipped", "Skipped"],
  );
});

test("a stop lets the running script end and records its real outcome", () => {
  for (const code of ["Success", "ScriptFailed"] as const) {
    const shell = deploying(2);
    shell.picksUp("i-1");

    assert.deepEqual(doing(shell.stop()), ["settle target", "wait"]);
    shell.reports("i-1", code);

    assert.equal(shell.world.deployment.status, "Stopped");
    assert.equal(shell.world.targets[0]?.events[0]?.status, code === "Success" ? "Succeeded" : "Failed");
    assert.equal(shell.world.targets[1]?.status, "Skipped");
  }
});

test("a stop that leaves the last host half-way is no success, although its failure would be forgiven", () => {
  const shell = deploying(2);
  shell.succeeds("i-1");
  shell.picksUp("i-2");

  shell.stop();
  shell.reports("i-2");

  assert.equal(shell.world.targets[1]?.status, "Failed");
  assert.equal(shell.world.deployment.status, "Stopped");
});

test("a stop withdraws a command that nobody has picked up", () => {
  const shell = deploying(1);

  shell.stop();

  assert.equal(shell.world.deployment.status, "Stopped");
  assert.equal(shell.world.targets[0]?.status, "Skipped");
});

test("waiting names twenty hosts, and counts the others", () => {
  const [wait] = deploying(23, { minimumHealthyHosts: predefined.AllAtOnce }).wait(1_000);

  assert(wait?.do === "wait");
  assert.match(wait.for, /^(?:i-\d+ to pick up ApplicationStop, ){20}3 more targets$/);
});

test("waiting names every host, its event and the earliest end", () => {
  const shell = deploying(2, { minimumHealthyHosts: predefined.AllAtOnce });
  shell.picksUp("i-1");

  const [wait] = shell.wait(60_000);

  assert.deepEqual(wait, {
    do: "wait",
    for: "i-1 to finish ApplicationStop, i-2 to pick up ApplicationStop",
    until: 300_000,
  });
});

const member = (id: string, state: InstanceState = "running"): FleetMember => ({
  id,
  arn: id,
  hostIdentifier: id,
  state,
  health: "Healthy",
  revision: "Old",
  tieBreaker: 0,
});

const withFleet = (fleet: Fleet): World => ({ ...new Shell().world, fleets: { selected: fleet } });
