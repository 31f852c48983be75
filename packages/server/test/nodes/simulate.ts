// Simulates as many houses of three nodes as asked for: `node packages/server/test/nodes/simulate.ts 100000`. With `--seed N` one.
import { simulate } from "./simulation/simulated-house.ts";

const [first = "2000", second] = process.argv.slice(2);
const [from, to] = first === "--seed" ? [Number(second), Number(second)] : [1, Number(first)];
const begun = performance.now();
const sums = { terms: 0, entries: 0, acknowledged: 0, kills: 0 };
let broken = 0;
for (let seed = from; seed <= to; seed += 1) {
  try {
    const outcome = await simulate(seed);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += outcome[key];
  } catch (error) {
    broken += 1;
    console.error(`Seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    if (broken >= 10) break;
  }
}
console.log(
  `${to - from + 1} houses in ${((performance.now() - begun) / 1000).toFixed(1)} s, ${broken} broken: ${JSON.stringify(sums)}`,
);
process.exit(broken === 0 ? 0 : 1);
