import assert from "node:assert/strict";
import { test } from "node:test";
import { newDeployment } from "../new-deployment.ts";
import { silentHosts } from "../rules/silent-hosts.ts";
import { stopMessage } from "./stop-message.ts";
import type { Command, Deployment, EventStatus, LifecycleEventName, Target } from "../world.ts";

const deployment = newDeployment({
  id: "d-1",
  createTime: 0,
  kind: "in-place",
  ignoreApplicationStopFailures: false,
  minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
});

function target(id: string, name: LifecycleEventName, status: EventStatus, command?: Partial<Command>): Target {
  const events = [{ name, status, command: command === undefined ? undefined : { id: "c", issuedAt: 0, ...command } }];
  return { id, arn: id, hostIdentifier: id, status: "InProgress", lastUpdatedAt: 0, events };
}

const said = (targets: readonly Target[], more: Partial<Deployment> = {}) =>
  stopMessage({ deployment: { ...deployment, ...more }, targets }).replace("Nothing new begins. ", "");

test("a stop says what runs on, what is taken back, and what the service itself leaves as it is", () => {
  const blocking = {
    kind: "block traffic",
    instance: "i-3",
    balancers: { targetGroups: ["web"], classic: [] },
  } as const;

  assert.equal(
    said([
      target("i-1", "BeforeInstall", "InProgress", {}),
      target("i-2", "ApplicationStop", "Pending", {}),
      target("i-3", "BlockTraffic", "InProgress", { effect: blocking }),
    ]),
    "BeforeInstall on i-1 runs to its end, and its outcome is recorded. ApplicationStop on i-2 was not picked up yet, and is withdrawn. BlockTraffic on i-3 is not waited for: what it has begun stays as it is",
  );
});

test("a stop of a deployment that waits, or has not begun, says that nothing runs", () => {
  const gate = { name: "READY_WAIT", from: 0, until: 1 } as const;

  assert.equal(said([]), "No instance was touched");
  assert.equal(said([target("i-1", "Install", "Succeeded", {})]), "No lifecycle event is under way");
  assert.match(said([], { holds: [gate] }), /waiting for ContinueDeployment: no traffic has moved/);
  assert.match(said([], { holds: [{ ...gate, name: "TERMINATION_WAIT" }] }), /original instances are not ended/);
});

test("a stop of a shift says where the alias stays", () => {
  const shifting = { functionName: "f", alias: "live", currentVersion: "1", targetVersion: "2", shifts: [] };
  const effect = { kind: "shift traffic", ...shifting } as const;

  assert.equal(
    said([target("f", "AllowTraffic", "InProgress", { effect })]),
    'The alias "live" stays where it is: 0 % of its traffic on version 2',
  );
});

test("silent hosts are named while their event waits for them; those that may be booting get some minutes", () => {
  const waiting = target("i-1", "ApplicationStop", "Pending", {});
  const world = { now: 1_000, deployment, reports: [], instanceStates: {}, lastSeen: () => undefined };
  const silent = (targets: readonly Target[], now = 1_000) => silentHosts({ ...world, now, targets });

  assert.match(
    silent([waiting]).join(),
    /^i-1 has not picked up ApplicationStop: its agent has never been seen\. Check/,
  );
  assert.deepEqual(silent([target("i-1", "ApplicationStop", "InProgress", {})]), []);
  assert.deepEqual(silent([{ ...waiting, label: "Green" }]), []);
  assert.equal(silent([{ ...waiting, label: "Green" }], 301_000).length, 1);
  const many = silent(Array.from({ length: 30 }, (_, place) => ({ ...waiting, id: `i-${place}` })));
  assert.deepEqual([many.length, many.at(-1)], [11, "20 more instances are silent as well"]);
});
