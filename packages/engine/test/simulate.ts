// Simulates as many deployments as asked for: `node packages/engine/test/simulate.ts 200000`. With `--seed N` it follows one, with `--forecast 10000` it compares so many forecasts with what happens then.
import { sentence } from "./scenario-language.ts";
import { forecastAgrees } from "./simulation/forecast-agreement.ts";
import { simulate } from "./simulation/simulated-deployment.ts";

const [first = "20000", second] = process.argv.slice(2);
if (first === "--seed") follow(Number(second));
else if (first === "--forecast") compareForecasts(Number(second));
else simulateMany(Number(first));

function follow(seed: number): void {
  const outcome = simulate(seed, (at, said) => {
    console.log(`${(at / 1000).toFixed(3).padStart(10)} s  ${typeof said === "string" ? said : sentence(said)}`);
  });
  console.log(`Seed ${seed}: ${outcome}`);
}

function simulateMany(count: number): void {
  const begun = performance.now();
  const outcomes: Record<string, number> = {};
  for (let seed = 1; seed <= count; seed += 1) {
    const outcome = attempt(seed);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  console.log(
    `${count} deployments in ${((performance.now() - begun) / 1000).toFixed(1)} s: ${JSON.stringify(outcomes)}`,
  );
}

function compareForecasts(count: number): void {
  const begun = performance.now();
  let [targets, broken] = [0, 0];
  for (let seed = 1; seed <= count; seed += 1)
    try {
      targets += forecastAgrees(seed);
    } catch (error) {
      broken += 1;
      process.exitCode = 1;
      console.error(`Seed ${seed}:`, error instanceof Error ? error.message : error);
    }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${count - broken} of ${count} forecasts agree with the run, of ${targets} targets, in ${seconds} s`);
}

function attempt(seed: number): string {
  try {
    return simulate(seed);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(`Run it alone: node packages/engine/test/simulate.ts --seed ${seed}`);
    process.exitCode = 1;
    return "broken";
  }
}
