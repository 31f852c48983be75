import assert from "node:assert/strict";
import { test } from "node:test";
import { timeOf } from "./audit.ts";

test("times are told by how long ago they were, or as dates", () => {
  const now = Date.UTC(2026, 0, 31);

  assert.equal(timeOf("30m", now), now - 1_800_000);
  assert.equal(timeOf("2d", now), Date.UTC(2026, 0, 29));
  assert.equal(timeOf("2026-01-30T12:00:00Z", now), Date.UTC(2026, 0, 30, 12));
  assert.throws(() => timeOf("yesterday", now), /Cannot read the time "yesterday"/);
});
