import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldPolls } from "./polls.ts";

/** Longer than any test takes. */
const longMilliseconds = 60_000;
const nobodyLeaves = new AbortController().signal;

test("a held poll is told why its wait is over", async () => {
  const polls = new HeldPolls(() => 0);
  const client = new AbortController();
  const woken = polls.hold("a", nobodyLeaves, longMilliseconds);
  const left = polls.hold("b", client.signal, longMilliseconds);
  const late = polls.hold("c", nobodyLeaves, 1);

  polls.wake(["a"]);
  client.abort();

  assert.deepEqual(await Promise.all([woken, left, late]), ["woken", "closed", "time is over"]);
});

test("when the server closes, held polls end, and nobody waits any more", async () => {
  const polls = new HeldPolls(() => 0);
  const held = polls.hold("a", nobodyLeaves, longMilliseconds);

  polls.close();

  assert.equal(await held, "closed");
  assert.equal(await polls.hold("a", nobodyLeaves, longMilliseconds), "closed");
});

test("a host that asks ever again without waiting holds a few polls, not all of them", async () => {
  const polls = new HeldPolls(() => 0);
  const held = Array.from({ length: 20 }, () => polls.hold("a", nobodyLeaves, longMilliseconds));
  const other = polls.hold("b", nobodyLeaves, longMilliseconds);

  assert.deepEqual(
    await Promise.all(held.slice(0, 12)),
    Array.from({ length: 12 }, () => "closed"),
  );
  polls.wake(["a", "b"]);

  assert.deepEqual(
    await Promise.all(held.slice(12)),
    Array.from({ length: 8 }, () => "woken"),
  );
  assert.equal(await other, "woken");
});
