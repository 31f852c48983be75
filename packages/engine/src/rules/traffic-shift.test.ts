import assert from "node:assert/strict";
import { test } from "node:test";
import { percentDue, shiftsOf, type TrafficRouting } from "./traffic-shift.ts";

const minute = 60_000;
const plan = (routing: TrafficRouting) =>
  shiftsOf(routing, 1000 * minute)
    .map(({ percent, at }) => `${percent}@${at / minute - 1000}`)
    .join(" ");

test("traffic moves in the steps of the specification", () => {
  assert.equal(plan({ type: "AllAtOnce" }), "100@0");
  assert.equal(plan({ type: "TimeBasedCanary", percent: 10, minutes: 5 }), "10@0 100@5");
  assert.equal(
    plan({ type: "TimeBasedLinear", percent: 10, minutes: 1 }),
    "10@0 20@1 30@2 40@3 50@4 60@5 70@6 80@7 90@8 100@9",
  );
  assert.equal(plan({ type: "TimeBasedLinear", percent: 30, minutes: 5 }), "30@0 60@5 90@10 100@15");
  assert.equal(plan({ type: "TimeBasedLinear", percent: 99, minutes: 2 }), "99@0 100@2");
});

test("where time is scaled, an interval is as much shorter", () => {
  const shifts = shiftsOf({ type: "TimeBasedLinear", percent: 50, minutes: 10 }, 0, 60);
  assert.deepEqual(shifts, [
    { percent: 50, at: 0 },
    { percent: 100, at: 10_000 },
  ]);
});

test("what is due is the last step whose minute has come", () => {
  const shifts = shiftsOf({ type: "TimeBasedCanary", percent: 20, minutes: 1 }, 0);
  assert.deepEqual(
    [-1, 0, minute - 1, minute].map((now) => percentDue(shifts, now)),
    [0, 20, 20, 100],
  );
});
