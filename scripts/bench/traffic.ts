import { setTimeout as pause } from "node:timers/promises";
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { TrafficFixture, type BalancedTargetGroup } from "../../test/support/traffic-fixture.ts";
import { atMostTimes, type Figure, median } from "./figure.ts";

const rounds = 5;
const drainSeconds = 2;
const lookMilliseconds = 20;

/** What BlockTraffic and AllowTraffic take longer than the same host leaving and joining its target group by hand. */
export async function traffic(): Promise<readonly Figure[]> {
  const cleanUps: (() => unknown)[] = [];
  try {
    const cloud = await TrafficFixture.open({ after: (cleanUp) => void cleanUps.push(cleanUp as () => unknown) });
    const targetGroup = await cloud.balancedTargetGroup("bench", drainSeconds);
    const [host = ""] = await cloud.fleet("fleet", 1, targetGroup);
    await cloud.group("bench", { targetGroup, autoScalingGroups: ["fleet"] });
    await cloud.ends(await cloud.begin("bench", "0"), "Succeeded");
    const took = { block: [] as number[], allow: [] as number[], leave: [] as number[], join: [] as number[] };
    for (let round = 1; round <= rounds; round += 1) {
      await cloud.serves(targetGroup, [host]);
      const id = await cloud.begin("bench", String(round));
      await cloud.ends(id, "Succeeded");
      took.block.push(await eventMilliseconds(cloud, id, "BlockTraffic"));
      took.allow.push(await eventMilliseconds(cloud, id, "AllowTraffic"));
      const byHand = { TargetGroupArn: targetGroup.arn, Targets: [{ Id: host, Port: 8080 }] };
      await cloud.balancing.send(new DeregisterTargetsCommand(byHand));
      took.leave.push(await until(cloud, targetGroup, undefined));
      await cloud.balancing.send(new RegisterTargetsCommand(byHand));
      took.join.push(await until(cloud, targetGroup, "healthy"));
    }
    const byHand = (name: string, took: readonly number[]) => ({ unit: "ms", of: [{ name, value: median(took) }] });
    return [
      atMostTimes(`BlockTraffic, median of ${rounds}`, median(took.block), {
        times: 1.5,
        ...byHand("a host that is deregistered by hand", took.leave),
      }),
      atMostTimes(`AllowTraffic, median of ${rounds}`, median(took.allow), {
        times: 1.2,
        ...byHand("a host that is registered by hand", took.join),
      }),
    ];
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}

async function eventMilliseconds(cloud: TrafficFixture, id: string, name: string): Promise<number> {
  const [target] = await cloud.targets(id);
  const event = target?.lifecycleEvents?.find(({ lifecycleEventName }) => lifecycleEventName === name);
  return (event?.endTime?.getTime() ?? Number.NaN) - (event?.startTime?.getTime() ?? Number.NaN);
}

/** How long it takes until the only host of a target group has a state; undefined: until it is gone. */
async function until(
  { balancing }: TrafficFixture,
  { arn }: BalancedTargetGroup,
  wanted: string | undefined,
): Promise<number> {
  const began = performance.now();
  const query = new DescribeTargetHealthCommand({ TargetGroupArn: arn });
  for (;;) {
    const { TargetHealthDescriptions = [] } = await balancing.send(query);
    if (TargetHealthDescriptions[0]?.TargetHealth?.State === wanted) return performance.now() - began;
    await pause(lookMilliseconds);
  }
}
