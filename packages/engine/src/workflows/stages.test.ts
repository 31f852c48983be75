import assert from "node:assert/strict";
import { test } from "node:test";
import { Shell } from "../../test/shell.ts";
import { awaitHold } from "./stages.ts";

test("where time is scaled, a wait is as much shorter, and what is said of it is not", () => {
  const { world } = new Shell();
  const stage = awaitHold("READY_WAIT", {
    milliseconds: 30 * 60_000,
    onTimeout: "stop",
    because: "somebody may continue",
  });

  const begun = stage({ ...world, timeScale: 60 });

  const until = world.now + 30_000;
  const because = "somebody may continue";
  assert.deepEqual(begun, { is: "due", decisions: [{ do: "hold", hold: "READY_WAIT", until, because }] });
  const holds = [{ name: "READY_WAIT", from: world.now, until } as const];
  const over = stage({ ...world, timeScale: 60, now: until, deployment: { ...world.deployment, holds } });
  assert(over.is === "failed");
  assert.match(over.error.message, /within the 30 minutes/);
});
