import { atMostTimes, type Figure, median } from "./figure.ts";
import { startSluice } from "./measured-sluice.ts";
import { nodeStart } from "./yardsticks.ts";

const runs = 5;

/** Start to ready without the example, and start to the example deployed on three instances. */
export async function start(): Promise<readonly Figure[]> {
  const ready: number[] = [];
  for (let run = 0; run < runs; run++) {
    const sluice = await startSluice("--no-example");
    ready.push(sluice.readyMilliseconds);
    await sluice.close();
  }
  const sluice = await startSluice("--instances", "3");
  const deployed = await sluice.line(/^d-\S+ Succeeded$/);
  await sluice.close();
  const of = [nodeStart()];
  return [
    atMostTimes(`start to ready, median of ${runs}`, median(ready), { times: 12, unit: "ms", of }),
    atMostTimes("start to the example on three instances", deployed, { times: 200, unit: "ms", of }),
  ];
}
