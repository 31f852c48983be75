import { setTimeout as pause } from "node:timers/promises";
import type { HealthCheck } from "@aws-sdk/client-ecs";
import type { ContainerName, TaskDriver } from "../../../instance/index.ts";
import type { TimeScale } from "../../../time-scale.ts";

export interface HealthCheckContext {
  readonly driver: Pick<TaskDriver, "run">;
  readonly timeScale: TimeScale;
  readonly clock: () => number;
  /** Told of each change. */
  readonly changed: (health: "HEALTHY" | "UNHEALTHY") => void;
  /** Aborted when the container has ended. */
  readonly signal: AbortSignal;
}

/** Checks a container again and again until it ends (Docker's HEALTHCHECK: failures count only when so many follow each other, and not at all while it starts). */
export async function checkHealth(
  container: ContainerName,
  { command = [], interval = 30, timeout = 5, retries = 3, startPeriod = 0 }: HealthCheck,
  { driver, timeScale, clock, changed, signal }: HealthCheckContext,
): Promise<void> {
  const words = command[0] === "CMD-SHELL" ? ["/bin/sh", "-c", command.slice(1).join(" ")] : command.slice(1);
  if (command[0] === "NONE" || words.length === 0) return;
  const startsUntil = clock() + timeScale.milliseconds(startPeriod);
  let failures = 0;
  let health: "HEALTHY" | "UNHEALTHY" | undefined;
  while (!signal.aborted) {
    await pause(timeScale.milliseconds(interval), undefined, { signal }).catch(() => {}); // it has ended
    if (signal.aborted) return;
    const passed = await passes(driver, container, { words, milliseconds: timeout * 1000 });
    if (signal.aborted) return;
    if (passed) failures = 0;
    else if (clock() >= startsUntil || health === "HEALTHY") failures += 1;
    const now = passed ? "HEALTHY" : failures >= retries ? "UNHEALTHY" : health;
    if (now !== health && now !== undefined) changed(now);
    health = now;
  }
}

async function passes(
  driver: Pick<TaskDriver, "run">,
  container: ContainerName,
  { words, milliseconds }: { readonly words: readonly string[]; readonly milliseconds: number },
): Promise<boolean> {
  try {
    return (await driver.run({ ...container, command: words, milliseconds })).exitCode === 0;
  } catch {
    return false; // it has ended meanwhile
  }
}
