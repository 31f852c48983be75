import { atMostTimes, type Figure, median } from "./figure.ts";
import { openHouse } from "./house.ts";
import { nodeStart } from "./yardsticks.ts";

const runs = 5;

/** Start to ready without the example, and start to the example deployed on three instances. */
export async function start(): Promise<readonly Figure[]> {
  const ready: number[] = [];
  for (let run = 0; run < runs; run++) {
    const house = await openHouse("--no-example");
    ready.push(house.readyMilliseconds);
    await house.close();
  }
  const house = await openHouse("--instances", "3");
  const deployed = await house.line(/^d-\S+ Succeeded$/);
  await house.close();
  const of = [nodeStart()];
  return [
    atMostTimes(`start to ready, median of ${runs}`, median(ready), { times: 12, unit: "ms", of }),
    atMostTimes("start to the example on three instances", deployed, { times: 200, unit: "ms", of }),
  ];
}
