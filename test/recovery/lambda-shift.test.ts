import assert from "node:assert/strict";
import { test } from "node:test";
import { House } from "../house.ts";
import { LambdaHouse, shift } from "../lambda-house.ts";

test("a server that is killed in the middle of a shift leaves a planned weight, and finishes when it is back", async (t) => {
  const process = new House(t, ["--no-example", "--time-scale", "2"]);
  const house = await LambdaHouse.open(t, {}, process);
  const id = await house.begin(shift("1", "2"), "canary");
  await house.weighted({ "2": 0.2 });
  const begun = Date.now();

  await process.kill();
  await process.open();
  house.disconnect();
  await house.connect();
  assert.deepEqual(await house.alias(), { version: "1", weights: { "2": 0.2 } });
  const { status, completeTime } = await house.ended(id, 90);

  assert.equal(status, "Succeeded");
  assert.deepEqual(await house.alias(), { version: "2", weights: undefined });
  const seconds = ((completeTime?.getTime() ?? 0) - begun) / 1000;
  assert(seconds > 25 && seconds < 35, `the second step came after ${seconds} s`); // a minute, at twice the speed
});
