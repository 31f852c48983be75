import assert from "node:assert/strict";
import { test } from "node:test";
import { bringsRevision, healthAfter, type HostMemory, revisionHealth } from "./health-after.ts";
import type { Outcome, TargetStatus } from "../world.ts";

const deployed = (outcome: Outcome, wasCurrent = false) => ({ outcome, revision: "new", wasCurrent });
const target = (status: TargetStatus) => ({ status });
const healthy: HostMemory<string> = { health: "Healthy", installed: "old" };
const unhealthy: HostMemory<string> = { health: "Unhealthy", installed: "old" };

test("a host that succeeds is Healthy and has the revision, however the deployment ends", () => {
  for (const outcome of ["Succeeded", "Failed", "Stopped"] as const)
    assert.deepEqual(healthAfter(unhealthy, target("Succeeded"), deployed(outcome)), {
      health: "Healthy",
      installed: "new",
    });
});

test("a host that fails is Unhealthy and keeps what it was known to have", () => {
  for (const outcome of ["Succeeded", "Failed", "Stopped"] as const)
    assert.deepEqual(healthAfter(healthy, target("Failed"), deployed(outcome)), unhealthy);
});

test("a Current host that fails in a deployment that succeeds becomes Unknown", () => {
  const after = healthAfter(healthy, target("Failed"), deployed("Succeeded", true));

  assert.deepEqual(after, { health: "Unhealthy" });
});

test("a Current host that fails in a deployment that fails stays Current", () => {
  assert.deepEqual(healthAfter(healthy, target("Failed"), deployed("Failed", true)), unhealthy);
});

test("a host that was never tried stays as it was", () => {
  for (const status of ["Skipped", "Pending"] as const)
    assert.deepEqual(healthAfter(healthy, target(status), deployed("Failed")), healthy);
});

test("a host that nobody knows is Unhealthy and has nothing", () => {
  assert.deepEqual(healthAfter(undefined, target("Skipped"), deployed("Stopped")), { health: "Unhealthy" });
  assert.deepEqual(healthAfter(undefined, target("Failed"), deployed("Failed")), { health: "Unhealthy" });
});

test("original hosts, rerouted hosts and hosts that end keep what they have", () => {
  assert(bringsRevision({ kind: "in-place" }, {}));
  assert(bringsRevision({ kind: "launch" }, {}));
  assert(bringsRevision({ kind: "blue-green" }, { label: "Green" }));
  assert(!bringsRevision({ kind: "blue-green" }, { label: "Blue" }));
  assert(!bringsRevision({ kind: "reroute" }, { label: "Blue" }));
  assert(!bringsRevision({ kind: "termination" }, {}));
});

test("the revision of a host is Current, Old or Unknown beside the last successful one", () => {
  const isSame = (a: string, b: string) => a === b;

  assert.equal(revisionHealth("r2", "r2", isSame), "Current");
  assert.equal(revisionHealth("r1", "r2", isSame), "Old");
  assert.equal(revisionHealth("r1", undefined, isSame), "Old");
  assert.equal(revisionHealth(undefined, "r2", isSame), "Unknown");
});
