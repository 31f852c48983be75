import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CloudDatabase } from "../../store/database.ts";
import { Records } from "../../store/records.ts";
import { autoScalingTables } from "./tables.ts";

test("settings that were kept under another name are found after an upgrade", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-auto-scaling-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const told = { context: "blue", capacityRebalance: true };
  const preferences = { MinHealthyPercentage: 50, CheckpointPercentages: [20, 100] };
  const before = new CloudDatabase(folder, []);
  const drawer = new Records<object>(before, "auto-scaling-group");
  drawer.put("plain", { name: "plain", told: {} });
  drawer.put("web", {
    name: "web",
    told,
    refreshes: [
      { id: "second", preferences: { minHealthy: 50, told: preferences } },
      { id: "first", preferences: { minHealthy: 90, told: {} } },
    ],
  });
  new Records<object>(before, "something else").put("web", { told });
  before.close();

  const db = new CloudDatabase(folder, [autoScalingTables]);
  t.after(() => db.close());
  assert.deepEqual(new Records(db, "auto-scaling-group").all(), [
    { name: "plain", asGiven: {} },
    {
      name: "web",
      asGiven: told,
      refreshes: [
        { id: "second", preferences: { minHealthy: 50, asGiven: preferences } },
        { id: "first", preferences: { minHealthy: 90, asGiven: {} } },
      ],
    },
  ]);
  assert.deepEqual(new Records(db, "something else").find("web"), { told });
});
