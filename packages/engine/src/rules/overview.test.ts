import assert from "node:assert/strict";
import { test } from "node:test";
import { deploymentOverview } from "./overview.ts";

test("targets are counted by status; Unknown ones have no counter", () => {
  const statuses = [
    "Pending",
    "InProgress",
    "Succeeded",
    "Succeeded",
    "Failed",
    "Skipped",
    "Ready",
    "Unknown",
  ] as const;

  const overview = deploymentOverview(statuses.map((status) => ({ status })));

  assert.deepEqual(overview, { Pending: 1, InProgress: 1, Succeeded: 2, Failed: 1, Skipped: 1, Ready: 1 });
});
