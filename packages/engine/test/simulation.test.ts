import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateFunction } from "./simulation/simulated-function.ts";
import { simulateService } from "./simulation/simulated-service.ts";
import { forecastAgrees } from "./simulation/forecast-agreement.ts";
import { simulate } from "./simulation/simulated-deployment.ts";

/** Seeds that the suite plays; `simulate.ts` plays as many as one likes. */
const deployments = 20_000;
const functionDeployments = 2_000;
const serviceDeployments = 2_000;
const forecasts = 1_000;

test("twenty thousand deployments with every kind of trouble keep the invariants", () => {
  const outcomes = { Succeeded: 0, Failed: 0, Stopped: 0 };

  for (let seed = 1; seed <= deployments; seed += 1) {
    try {
      outcomes[simulate(seed)] += 1;
    } catch (cause) {
      const alone = `node packages/engine/test/simulate.ts --seed ${seed}`;
      throw new Error(`Seed ${seed} breaks an invariant; run it alone: ${alone}`, { cause });
    }
  }

  // A simulation that never fails, or only fails, has not been anywhere.
  for (const [outcome, count] of Object.entries(outcomes))
    assert(count > deployments / 20, `only ${count} of ${deployments} deployments have ${outcome}`);
});

test("a thousand forecasts say which target begins when and how it ends, as the deployment then goes without trouble", () => {
  let targets = 0;
  for (let seed = 1; seed <= forecasts; seed += 1)
    try {
      targets += forecastAgrees(seed);
    } catch (cause) {
      throw new Error(`The forecast of seed ${seed} is wrong`, { cause });
    }

  assert(targets > forecasts, "most deployments have targets");
});

test("a seed always plays the same deployment", () => {
  const play = () => {
    const heard: unknown[] = [];
    simulate(7, (at, said) => heard.push([at, said]));
    return heard;
  };

  assert.deepEqual(play(), play());
});

test("two thousand deployments to functions move traffic by plan, whoever is killed, silent or in the way", () => {
  const outcomes = { Succeeded: 0, Failed: 0, Stopped: 0 };

  for (let seed = 1; seed <= functionDeployments; seed += 1) {
    try {
      outcomes[simulateFunction(seed)] += 1;
    } catch (cause) {
      throw new Error(`Seed ${seed} of deployments to functions breaks an invariant`, { cause });
    }
  }

  for (const [outcome, count] of Object.entries(outcomes))
    assert(count > functionDeployments / 20, `only ${count} of ${functionDeployments} deployments have ${outcome}`);
});

test("two thousand deployments to services move traffic by plan and back, whatever is killed, vanishes or is in the way", () => {
  const outcomes = { Succeeded: 0, Failed: 0, Stopped: 0 };

  for (let seed = 1; seed <= serviceDeployments; seed += 1) {
    try {
      outcomes[simulateService(seed)] += 1;
    } catch (cause) {
      throw new Error(`Seed ${seed} of deployments to services breaks an invariant`, { cause });
    }
  }

  for (const [outcome, count] of Object.entries(outcomes))
    assert(count > serviceDeployments / 20, `only ${count} of ${serviceDeployments} deployments have ${outcome}`);
});
