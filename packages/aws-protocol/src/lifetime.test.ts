import assert from "node:assert/strict";
import { test } from "node:test";
import { isStillGood } from "./lifetime.ts";

test("what is good for a while ends when that is over, or when the clock is set back to before it began", () => {
  const [hour, made] = [3_600_000, 1_800_000_000_000];
  const goodAt = (now: number) => isStillGood(made + hour, hour, now);
  assert.deepEqual(
    [0, 1, hour - 1].map((after) => goodAt(made + after)),
    [true, true, true],
  );
  assert.deepEqual(
    [hour, hour + 1, 10 * hour].map((after) => goodAt(made + after)),
    [false, false, false],
  );
  assert(goodAt(made - 5_000), "clocks that are set right go back a little");
  assert.deepEqual(
    [0.1, 1, 5, 1e6].map((hours) => goodAt(made - hours * hour)),
    [false, false, false, false],
  );
  assert.equal(goodAt(Number.NaN), false);
});
