import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "./simulation/simulated-house.ts";

/** Few enough for every run; `node packages/server/test/nodes/simulate.ts 100000` plays many. */
const seeds = 150;

test("three nodes agree, and forget nothing that they have acknowledged, whatever happens to them", async (t) => {
  const sums = { terms: 0, acknowledged: 0, kills: 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const outcome = await simulate(seed).catch((cause: unknown) => {
      throw new Error(`Seed ${seed}. Alone: node packages/server/test/nodes/simulate.ts --seed ${seed}`, { cause });
    });
    sums.terms += outcome.terms;
    sums.acknowledged += outcome.acknowledged;
    sums.kills += outcome.kills;
  }
  t.diagnostic(JSON.stringify(sums));
  assert(sums.terms > seeds && sums.acknowledged > seeds && sums.kills > seeds, "something happens in it");
});
