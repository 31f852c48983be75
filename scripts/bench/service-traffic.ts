import { setTimeout as pause } from "node:timers/promises";
import { CreateDeploymentConfigCommand, StopDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { EcsDeploymentFixture } from "../../test/support/ecs-deployment-fixture.ts";
import { type Answered, Load } from "../../test/support/load.ts";
import { atLeast, atMost, type Figure } from "./figure.ts";

const asked = 1_000;
const weight = 0.2;
const requestsMin = 100_000;
const lookMilliseconds = 20;
const minute = 60_000;

/** A service's traffic: how near a weight comes to its share, how late shifts are, and what is lost meanwhile. */
export async function serviceTraffic(): Promise<readonly Figure[]> {
  const cleanUps: (() => unknown)[] = [];
  try {
    const fixture = await EcsDeploymentFixture.open({ after: (cleanUp) => void cleanUps.push(cleanUp as never) }); // a test's cleaning up is given more
    await fixture.deploy.send(
      new CreateDeploymentConfigCommand({
        deploymentConfigName: "half",
        computePlatform: "ECS",
        trafficRoutingConfig: { type: "TimeBasedLinear", timeBasedLinear: { linearPercentage: 50, linearInterval: 1 } },
      }),
    );
    const load = new Load({ after: (end) => void cleanUps.push(end) }, fixture.production);
    const share = await canary(fixture);
    const late = await linear(fixture);
    await rolledBack(fixture);
    const { total, lost } = await enough(load);
    for (const why of lost.slice(0, 5)) console.log(`    lost: ${why}`);
    const off = Math.abs(share - weight);
    return [
      atMost(`share of ${asked} requests at a weight of ${weight}: ${share}, off by`, off, 0.04, ""),
      atMost(
        `${late.length} shifts, the latest after its moment by so much of the minute between them`,
        Math.max(...late) / minute,
        1 / 60,
        "x",
      ),
      atLeast("requests during two shifts, a rollback and the ends of tasks", total, requestsMin, ""),
      atMost("of these, lost", lost.length, 0, ""),
    ];
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}

/** Deploys by a canary of a fifth. Returns the share of requests that reaches the replacement meanwhile. */
async function canary(fixture: EcsDeploymentFixture): Promise<number> {
  const id = await fixture.begin(await fixture.define("2"), { config: "canary" });
  await reached(fixture, "green", weight * 100);
  let hits = 0;
  for (let count = 0; count < asked; count++) if ((await fixture.answer()).startsWith("version 2 ")) hits += 1;
  await succeeds(fixture, id);
  return hits / asked;
}

/** Deploys in two halves. Returns how many milliseconds after its moment each was seen. */
async function linear(fixture: EcsDeploymentFixture): Promise<readonly number[]> {
  const id = await fixture.begin(await fixture.define("3"), { config: "half" });
  const seen = [await reached(fixture, "blue", 50), await reached(fixture, "blue", 100)];
  const events = (await fixture.target(id))?.lifecycleEvents ?? [];
  const began = events.find(({ lifecycleEventName }) => lifecycleEventName === "AllowTraffic")?.startTime?.getTime();
  await succeeds(fixture, id);
  return seen.map((at, index) => at - (began ?? Number.NaN) - index * minute);
}

/** Takes half of the traffic to new tasks, and back. */
async function rolledBack(fixture: EcsDeploymentFixture): Promise<void> {
  const id = await fixture.begin(await fixture.define("4"), { config: "half" });
  await reached(fixture, "green", 50);
  await fixture.deploy.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true }));
  const { rollbackInfo } = await fixture.ended(id);
  await succeeds(fixture, rollbackInfo?.rollbackDeploymentId ?? "");
  await fixture.until("the replacement has ended", ({ taskSets }) => taskSets?.length === 1);
}

async function succeeds(fixture: EcsDeploymentFixture, id: string): Promise<void> {
  const { status, errorInformation } = await fixture.ended(id, 180);
  if (status !== "Succeeded") throw new Error(`${id} ended as ${status}: ${errorInformation?.message}`);
}

/** Waits until a target group has at least a share of the traffic; the time. */
async function reached(fixture: EcsDeploymentFixture, group: "blue" | "green", percent: number): Promise<number> {
  while (((await fixture.weights())[group] ?? 0) < percent) await pause(lookMilliseconds);
  return Date.now();
}

/** Lets the load go on until it has asked often enough. */
async function enough(load: Load): Promise<Answered> {
  while ((await load.answered()).total < requestsMin) await pause(1_000);
  return load.end();
}
