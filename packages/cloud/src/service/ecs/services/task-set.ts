import { randomInt } from "node:crypto";
import type { EcsContext } from "../context.ts";
import type { Launching, TaskSet } from "./service.ts";

/** Returns a new task set. */
export function newTaskSet(
  { clock }: Pick<EcsContext, "clock">,
  {
    launching,
    ...fields
  }: { readonly launching: Launching } & Pick<TaskSet, "definition" | "status" | "scale"> &
    Partial<Pick<TaskSet, "externalId" | "startedBy" | "tags" | "rollout">>,
): TaskSet {
  const now = clock();
  const {
    launchType,
    capacityProviderStrategy,
    platformVersion,
    networkConfiguration,
    loadBalancers,
    serviceRegistries,
  } = launching;
  return {
    // As ECS makes them: the newer, the smaller.
    id: `ecs-svc/${(9_223_370_000_000_000_000n - BigInt(now) * 1000n + BigInt(randomInt(1000))).toString().padStart(19, "0")}`,
    launchType,
    capacityProviderStrategy,
    platformVersion,
    networkConfiguration,
    loadBalancers,
    serviceRegistries,
    isSteady: false,
    steadyChangedAt: now,
    createdAt: now,
    updatedAt: now,
    failedTasks: 0,
    tags: [],
    ...fields,
  };
}
