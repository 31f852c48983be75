import assert from "node:assert/strict";
import { test } from "node:test";
import type { LifecycleState } from "@aws-sdk/client-auto-scaling";
import { targetState } from "./target-state.ts";

test("an instance is told the state that it is on its way to", () => {
  const cases: readonly (readonly [LifecycleState, LifecycleState])[] = [
    ["Pending", "InService"],
    ["Pending:Wait", "InService"],
    ["InService", "InService"],
    ["Terminating:Wait", "Terminated"],
    ["EnteringStandby", "Standby"],
    ["Detaching", "Detached"],
    ["Warmed:Pending:Wait", "Warmed:Running"],
    ["Warmed:Stopped", "Warmed:Stopped"],
    ["Warmed:Terminating", "Warmed:Terminated"],
  ];
  const warmPool = { minSize: 0, state: "Running", reuses: false } as const;

  const told = cases.map(([state]) => targetState({ warmPool }, { state }));

  assert.deepEqual(
    told,
    cases.map(([, target]) => target),
  );
});
