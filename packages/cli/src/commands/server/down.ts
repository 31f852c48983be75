import { setTimeout as pause } from "node:timers/promises";
import { endLeftovers } from "@sluice/cloud/running-instances";
import type { Configuration } from "../../config.ts";
import { findRunning, forgetRunning, isAlive } from "../../running.ts";

/** How long a running `sluice up` may take to end by itself, in milliseconds: draining is quick, a host agent's held poll ends at once. */
const endsWithinMilliseconds = 15_000;

/** Ends the `sluice up` of the data folder, and instances that a crash has left behind. Returns what was done, in a sentence. */
export async function down({ dataFolder }: Configuration): Promise<string> {
  const running = findRunning(dataFolder);
  if (running !== undefined) {
    process.kill(running.pid, "SIGTERM");
    for (let waited = 0; isAlive(running); waited += 50) {
      if (waited >= endsWithinMilliseconds)
        throw new Error(
          `Cannot stop process ${running.pid}: it still runs ${endsWithinMilliseconds / 1000} s after SIGTERM. End it with: kill -9 ${running.pid}`,
        );
      await pause(50);
    }
  }
  const leftovers = await endLeftovers({ dataFolder });
  forgetRunning(dataFolder);
  if (running !== undefined) return `Stopped process ${running.pid}`;
  return leftovers ? `Ended the instances that a crash had left on ${dataFolder}` : `Nothing runs on ${dataFolder}`;
}
