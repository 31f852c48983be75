import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineIn, waitSecondsMax } from "./deadline.ts";

test("a deadline comes when its time is over, also when no timer is as long", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const pass = async (seconds: number) => {
    now += seconds * 1000;
    t.mock.timers.tick(seconds * 1000);
    await Promise.resolve();
  };
  const came: string[] = [];
  const short = deadlineIn(5);
  const long = deadlineIn(3_600_000);
  const cancelled = deadlineIn(5);
  for (const [name, { over }] of Object.entries({ short, long, cancelled })) void over.then(() => came.push(name));
  cancelled.cancel();

  await pass(5);
  assert.deepEqual(came, ["short"]);
  await pass(waitSecondsMax);
  assert.deepEqual(came, ["short"]);
  await pass(3_600_000 - waitSecondsMax);
  assert.deepEqual(came, ["short", "long"]);
});

test("a deadline that is too far for any timer is not over at once", async () => {
  for (const seconds of [2_147_484, 3_600_000, Number.MAX_SAFE_INTEGER, 1e300]) {
    const { over, cancel } = deadlineIn(seconds);
    const first = await Promise.race([
      over.then(() => "over"),
      new Promise((resolve) => setTimeout(resolve, 20, "not over")),
    ]);
    cancel();
    assert.equal(first, "not over", `${seconds} s`);
  }
});
