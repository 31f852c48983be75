import { atMost, type Figure, median } from "./figure.ts";
import { openHouse } from "./house.ts";

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
  return [
    atMost(`start to ready, median of ${runs}`, median(ready), 500, "ms"),
    atMost("start to the example on three instances", deployed / 1000, 10, "s"),
  ];
}
