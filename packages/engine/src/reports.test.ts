import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnosticsOf, Shell } from "../test/shell.ts";

function deploying(): Shell {
  const shell = new Shell();
  shell.select(["i-1", "i-2"]);
  shell.deploy();
  return shell;
}

test("an acknowledgement starts an event at the time at which the host gave it", () => {
  const shell = deploying();
  const report = shell.reportTo("i-1", "ApplicationStop");

  shell.now = 5000;
  shell.report(report);

  const event = shell.world.targets[0]?.events[0];
  assert.equal(event?.status, "InProgress");
  assert.equal(event.startTime, 0);
  assert.equal(event.command?.acknowledgedAt, 0);
});

test("an outcome without an acknowledgement counts, and the event began when it was handed out", () => {
  const shell = deploying();
  shell.now = 5000;

  shell.report(shell.reportTo("i-1", "ApplicationStop", "Succeeded"));

  const event = shell.world.targets[0]?.events[0];
  assert.equal(event?.status, "Succeeded");
  assert.deepEqual([event.startTime, event.endTime], [0, 5000]);
});

test("a report that comes twice is disregarded the second time", () => {
  const shell = deploying();
  shell.picksUp("i-1");

  const [decision] = shell.repeat();

  assert.equal(decision?.do, "disregard report");
});

test("the first of two outcomes counts", () => {
  const shell = deploying();
  shell.report(shell.reportTo("i-1", "ApplicationStop", "Succeeded"));

  const [decision] = shell.report(shell.reportTo("i-1", "ApplicationStop", "Failed"));

  assert.equal(decision?.do, "disregard report");
  assert.equal(shell.world.targets[0]?.status, "InProgress");
});

test("a report that nobody has asked for changes nothing", () => {
  const shell = deploying();
  const { targets } = shell.world;

  for (const report of [
    shell.reportTo("i-1", "ValidateService", "Succeeded"),
    shell.reportTo("i-2", "ApplicationStop", "Failed"),
    shell.reportTo("i-9", "ApplicationStop", "Succeeded"),
  ])
    assert.equal(shell.report(report)[0]?.do, "disregard report");

  assert.deepEqual(shell.world.targets, targets);
});

test("an outcome after the end of the deployment is dealt with and changes nothing", () => {
  const shell = deploying();
  shell.reports("i-1", "ScriptFailed");
  assert.equal(shell.world.deployment.status, "Failed");
  const { targets } = shell.world;

  shell.report(shell.reportTo("i-1", "ApplicationStop", "Succeeded"));

  assert.deepEqual(shell.world.reports, []);
  assert.deepEqual(shell.world.targets, targets);
});

test("what the host says of an event is kept, also when it succeeded", () => {
  const shell = deploying();

  shell.reports("i-1");

  assert.deepEqual(shell.world.targets[0]?.events[0]?.diagnostics, diagnosticsOf("Success"));
});
