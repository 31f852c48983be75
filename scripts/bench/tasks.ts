import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { ECS, type Task } from "@aws-sdk/client-ecs";
import { imageFolder, network } from "../../packages/cloud/test/ecs/containers.ts";
import { atMostTimes, type Figure, median } from "./figure.ts";
import { startSluice } from "./measured-sluice.ts";
import type { Yardstick } from "./yardsticks.ts";

const rounds = 9;
const many = 10;
/** A task is looked at this often, in milliseconds; how long it took is said by its own times. */
const lookMilliseconds = 50;

/** From RunTask to a task that runs, of an image that is unpacked: one, and ten at once. Beside it, what no container can do without. */
export async function tasks(): Promise<readonly Figure[]> {
  const cleanUps: (() => unknown)[] = [];
  const after = (cleanUp: () => unknown) => void cleanUps.push(cleanUp);
  try {
    const sluice = await startSluice("--no-example", "--driver", "ns");
    after(() => sluice.close());
    const ecs = new ECS({ endpoint: sluice.url, region: "us-east-1", credentials: sluice.credentials });
    after(() => ecs.destroy());
    await ecs.createCluster({});
    const image = `file:${imageFolder({ after: after as never }, "1")}`; // a test's cleaning up is given more
    await ecs.registerTaskDefinition({
      family: "bench",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "main", image, command: ["/bin/sleep", "600"], stopTimeout: 2 }],
    });
    await start(ecs, 1); // unpacks the image
    const [ones, tens, floors]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      floors.push(await namespaces());
      ones.push(await start(ecs, 1));
      if (round % 3 === 0) tens.push(await start(ecs, many));
    }
    const floor: Yardstick = { name: "unshare with all namespaces and an overlay", value: median(floors) };
    return [
      atMostTimes(`a task until it runs, median of ${rounds} (150 ms on a calm machine)`, median(ones), {
        ...{ times: 12, unit: "ms", of: [floor] },
      }),
      atMostTimes(`${many} tasks until all run, median of ${tens.length} (1 s on a calm machine)`, median(tens), {
        ...{ times: 75, unit: "ms", of: [floor] },
      }),
    ];
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}

/** Runs tasks, and stops them again; the milliseconds from the first's creation until the last runs. */
async function start(ecs: ECS, count: number): Promise<number> {
  const started = await ecs.runTask({
    taskDefinition: "bench",
    count,
    launchType: "FARGATE",
    networkConfiguration: network,
  });
  const arns = (started.tasks ?? []).map(({ taskArn = "" }) => taskArn);
  const running = await reach(ecs, arns, "RUNNING");
  for (const task of arns) await ecs.stopTask({ task });
  await reach(ecs, arns, "STOPPED");
  const at = (time: Date | undefined) => time?.getTime() ?? Number.NaN;
  const created = running.map(({ createdAt }) => at(createdAt));
  return Math.max(...running.map(({ startedAt }) => at(startedAt))) - Math.min(...created);
}

async function reach(ecs: ECS, arns: string[], status: string): Promise<readonly Task[]> {
  for (;;) {
    const { tasks: found = [] } = await ecs.describeTasks({ tasks: arns });
    if (found.every(({ lastStatus }) => lastStatus === status)) return found;
    if (status === "RUNNING" && found.some(({ lastStatus }) => lastStatus === "STOPPED"))
      throw new Error(`A task has stopped: ${found.map(({ stoppedReason }) => stoppedReason).join()}`);
    await pause(lookMilliseconds);
  }
}

/** A shell that does nothing in namespaces of its own, over a mount of its own, in milliseconds. */
async function namespaces(): Promise<number> {
  const began = performance.now();
  const mount = "mount -t tmpfs none /mnt && mkdir /mnt/l /mnt/u /mnt/w /mnt/m";
  const overlay = "mount -t overlay -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w,userxattr none /mnt/m";
  const child = spawn("unshare", ["-Urnmpfiu", "sh", "-c", `${mount} && ${overlay}`], { stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error("Namespaces with an overlay cannot be had here");
  return performance.now() - began;
}
