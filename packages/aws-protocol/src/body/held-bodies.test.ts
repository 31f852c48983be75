import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { HeldBodies } from "./held-bodies.ts";

const minute = 60_000;
const isIn = (body: Promise<unknown>) => Promise.race([body.then(() => true), nextTurn(false)]);

test("bodies wait until there is room for them, the oldest first", async () => {
  const held = new HeldBodies(100);
  const [ann, bob] = [await held.enter("ann", 50, minute), await held.enter("bob", 40, minute)];
  const [first, second] = [held.enter("cid", 40, minute), held.enter("dan", 40, minute)];
  assert.equal(await isIn(first), false);

  bob.release();
  assert.equal(await isIn(first), true);
  assert.equal(await isIn(second), false);
  bob.release(); // a second time changes nothing
  assert.equal(await isIn(second), false);
  ann.release();
  assert.equal(await isIn(second), true);
  for (const body of await Promise.all([first, second])) body.release();
});

test("nobody holds more than half, but for a single body, and what one caller waits for others do not", async () => {
  const held = new HeldBodies(100);
  const ann = await held.enter("ann", 50, minute);
  const more = held.enter("ann", 1, minute);
  assert.equal(await isIn(more), false);

  const bob = await held.enter("bob", 50, minute);
  bob.release();
  assert.equal(await isIn(more), false);
  ann.release();
  (await more).release();

  const large = await held.enter("ann", 1_000, minute);
  const beside = held.enter("bob", 1, minute);
  assert.equal(await isIn(beside), false);
  large.release();
  (await beside).release();
});

test("a body for which there is no room in time is refused, and takes none later", async () => {
  const held = new HeldBodies(100);
  const ann = await held.enter("ann", 100, minute);

  await assert.rejects(held.enter("bob", 60, 1), { name: "Fault", code: "ServiceUnavailable", status: 503 });

  ann.release();
  const bodies = [await held.enter("bob", 50, minute), await held.enter("cid", 50, minute)];
  for (const body of bodies) body.release();
});
