import assert from "node:assert/strict";
import { test } from "node:test";
import { predefined, Shell } from "../../test/shell.ts";
import { type FollowUpInput, followUp, followUpsMax } from "./outdated.ts";
import type { FleetMember } from "../world.ts";

const member = (id: string, holdsRevision: boolean): FleetMember => ({
  id,
  arn: id,
  hostIdentifier: id,
  state: "running",
  health: "Healthy",
  revision: "Old",
  holdsRevision,
  tieBreaker: 0,
});

const ended = (others: Partial<FollowUpInput> = {}): FollowUpInput => ({
  deployment: { id: "d-1", kind: "in-place", status: "Succeeded" },
  outdatedInstancesStrategy: "UPDATE",
  fleet: [member("i-1", true), member("i-2", false)],
  tried: new Set(["i-1"]),
  followUps: 0,
  launching: 0,
  ...others,
});

test("instances that came while a deployment ran are owed a follow-up", () => {
  const owed = followUp(ended());

  assert(owed.is === "owed");
  assert.deepEqual(owed.hosts, ["i-2"]);
});

test("no follow-up after a deployment that did not succeed, nor when the group ignores outdated instances", () => {
  assert.equal(followUp(ended({ deployment: { id: "d-1", kind: "in-place", status: "Failed" } })).is, "none");
  assert.equal(followUp(ended({ deployment: { id: "d-1", kind: "in-place", status: "Stopped" } })).is, "none");
  assert.equal(followUp(ended({ outdatedInstancesStrategy: "IGNORE" })).is, "none");
});

test("deployments that bring no new revision owe none", () => {
  for (const kind of ["launch", "termination", "reroute"] as const)
    assert.equal(followUp(ended({ deployment: { id: "d-1", kind, status: "Succeeded" } })).is, "none", kind);
});

test("a host whose turn failed is not tried again", () => {
  assert.equal(followUp(ended({ tried: new Set(["i-1", "i-2"]) })).is, "none");
});

test("an instance that is still being launched is looked at later", () => {
  assert.equal(followUp(ended({ fleet: [member("i-1", true)], launching: 1 })).is, "later");
});

test("follow-ups have a bound", () => {
  assert.equal(followUp(ended({ followUps: followUpsMax - 1 })).is, "owed");
  assert.equal(followUp(ended({ followUps: followUpsMax })).is, "none");
});

test("a deployment to outdated instances leaves those alone that hold its revision", () => {
  const shell = new Shell();
  shell.select(["i-1", "i-2", "i-3"]);
  shell.revision = "r2";
  shell.memories["i-1"] = { health: "Healthy", installed: "r2" };
  shell.memories["i-2"] = { health: "Healthy", installed: "r1" };
  shell.memories["i-3"] = { health: "Unhealthy", installed: "r2" };

  shell.deploy({ outdatedOnly: true, minimumHealthyHosts: predefined.AllAtOnce });

  assert.deepEqual(
    shell.world.targets.map(({ id }) => id),
    ["i-3", "i-2"],
  );
});

test("a deployment to outdated instances that finds none has succeeded", () => {
  const shell = new Shell();
  shell.select(["i-1"]);
  shell.revision = "r2";
  shell.memories["i-1"] = { health: "Healthy", installed: "r2" };

  shell.deploy({ outdatedOnly: true });

  assert.equal(shell.world.deployment.status, "Succeeded");
  assert.deepEqual(shell.world.targets, []);
});
