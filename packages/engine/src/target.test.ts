import assert from "node:assert/strict";
import { test } from "node:test";
import { predefined, Shell } from "../test/shell.ts";

const minute = 60_000;

function deploying(settings: Parameters<Shell["deploy"]>[0] = {}): Shell {
  const shell = new Shell();
  shell.select(["i-1", "i-2"]);
  shell.deploy(settings);
  return shell;
}

const first = ({ world }: Shell) => world.targets[0];
const statuses = (shell: Shell) => first(shell)?.events.map(({ status }) => status);

test("an event that is not picked up within five minutes fails, not before", () => {
  const shell = deploying();

  shell.wait(5 * minute - 1);
  assert.equal(first(shell)?.status, "InProgress");
  shell.wait(1);

  assert.equal(first(shell)?.status, "Failed");
  assert.match(first(shell)?.events[0]?.diagnostics?.message ?? "", /ApplicationStop within 5 minutes/);
});

test("the gap between two events is limited like the first", () => {
  const shell = deploying();
  shell.wait(4 * minute);
  shell.reports("i-1");

  shell.wait(5 * minute - 1);
  assert.equal(first(shell)?.status, "InProgress");
  shell.wait(1);

  assert.deepEqual(statuses(shell)?.slice(0, 3), ["Succeeded", "Failed", "Skipped"]);
});

test("an event that does not end within an hour of its pick-up fails, not before", () => {
  const shell = deploying();
  shell.wait(4 * minute);
  shell.picksUp("i-1");

  shell.wait(60 * minute - 1);
  assert.equal(first(shell)?.status, "InProgress");
  shell.wait(1);

  assert.equal(first(shell)?.events[0]?.status, "Failed");
});

test("a deployment that has taken eight hours fails with TIMEOUT, and its running event with it", () => {
  const shell = deploying();
  for (let events = 0; events < 8; events += 1) {
    const host = events < 7 ? "i-1" : "i-2";
    shell.picksUp(host);
    shell.wait(59 * minute);
    shell.reports(host);
  }
  shell.picksUp("i-2");

  const before = shell.wait(8 * minute - 1);
  assert.deepEqual(before, [{ do: "wait", for: "i-2 to finish DownloadBundle", until: 480 * minute }]);
  shell.wait(1);

  const { deployment, targets } = shell.world;
  assert.deepEqual([deployment.status, deployment.error?.code], ["Failed", "TIMEOUT"]);
  assert.equal(targets[1]?.events[1]?.status, "Failed");
});

test("an instance that is stopping or gone fails its event at the next pass", () => {
  for (const state of ["stopping", "stopped", "shutting-down", "terminated"] as const) {
    const shell = deploying({ minimumHealthyHosts: predefined.AllAtOnce });
    shell.picksUp("i-1");

    shell.hosts.set("i-1", state);
    shell.pass();

    assert.equal(first(shell)?.status, "Failed", state);
    assert.match(first(shell)?.events[0]?.diagnostics?.message ?? "", new RegExp(state));
  }
});

test("an instance that is still starting is waited for", () => {
  const shell = deploying();

  shell.hosts.set("i-1", "pending");
  shell.pass();

  assert.equal(first(shell)?.status, "InProgress");
});

test("a failure of ApplicationStop ends a target, unless it is tolerated", () => {
  const strict = deploying();
  const tolerant = deploying({ ignoreApplicationStopFailures: true });

  strict.reports("i-1", "ScriptFailed");
  tolerant.reports("i-1", "ScriptFailed");

  assert.equal(first(strict)?.status, "Failed");
  assert.equal(first(tolerant)?.status, "InProgress");
  assert.equal(tolerant.outstanding("i-1")?.name, "DownloadBundle");
  tolerant.succeeds("i-1");
  assert.equal(first(tolerant)?.status, "Succeeded");
  assert.equal(statuses(tolerant)?.[0], "Failed");
});

test("no other event's failure is tolerated", () => {
  const shell = deploying({ ignoreApplicationStopFailures: true });
  shell.succeeds("i-1", "DownloadBundle");

  shell.reports("i-1", "ScriptFailed");

  assert.equal(first(shell)?.status, "Failed");
});

test("a silent host counts like a failed one when ApplicationStop is tolerated", () => {
  const shell = deploying({ ignoreApplicationStopFailures: true });

  shell.wait(5 * minute);

  assert.equal(shell.outstanding("i-1")?.name, "DownloadBundle");
  shell.wait(5 * minute);
  assert.equal(first(shell)?.status, "Failed");
});
