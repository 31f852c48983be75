import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceProcess } from "../support/sluice-process.ts";
import { LambdaDeploymentFixture, shift } from "../support/lambda-deployment-fixture.ts";

test("a server that is killed in the middle of a shift leaves a planned weight, and finishes when it is back", async (t) => {
  const process = new SluiceProcess(t, ["--no-example", "--time-scale", "2"]);
  const sluice = await LambdaDeploymentFixture.open(t, {}, process);
  const id = await sluice.begin(shift("1", "2"), "canary");
  await sluice.weighted({ "2": 0.2 });
  const begun = Date.now();

  await process.kill();
  await process.open();
  sluice.disconnect();
  await sluice.connect();
  assert.deepEqual(await sluice.alias(), { version: "1", weights: { "2": 0.2 } });
  const { status, completeTime } = await sluice.ended(id, 90);

  assert.equal(status, "Succeeded");
  assert.deepEqual(await sluice.alias(), { version: "2", weights: undefined });
  const seconds = ((completeTime?.getTime() ?? 0) - begun) / 1000;
  assert(seconds > 25 && seconds < 35, `the second step came after ${seconds} s`); // a minute, at twice the speed
});
