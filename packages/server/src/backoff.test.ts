import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMilliseconds, Retries } from "./backoff.ts";

test("waits grow to half a minute, and no two callers wait alike", () => {
  const waits = (failures: number) => Array.from({ length: 50 }, () => backoffMilliseconds(failures));

  for (const [failures, longest] of [1, 2, 3, 4, 5, 6, 7, 1000].map(
    (n) => [n, Math.min(30_000, 500 * 2 ** (n - 1))] as const,
  ))
    for (const wait of waits(failures)) assert(wait >= longest / 2 && wait <= longest, `${wait} ms after ${failures}`);
  assert(new Set(waits(5)).size > 10);
});

test("what fails is tried again when its time has come, and what succeeds in between begins anew", () => {
  let now = 0;
  const retries = new Retries(() => now);

  assert(retries.isDue("a"));
  assert.equal(retries.failed("a"), 0);
  assert(!retries.isDue("a") && retries.isDue("b"));
  now = 500;
  assert(retries.isDue("a"));
  assert.equal(retries.failed("a"), 500);
  now = 500 + 499;
  assert(!retries.isDue("a"));
  retries.forget("a");
  assert(retries.isDue("a"));
  assert.equal(retries.failed("a"), 0);
});
