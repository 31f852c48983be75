import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import type { Transition } from "../../gateways/lifecycle-hooks.ts";
import type { Store } from "../../store/index.ts";
import type { ScaledInstance } from "../../store/scaled-instances.ts";

/** An Auto Scaling group with all its instances, including those of its warm pool. */
export interface ObservedGroup {
  readonly group: AutoScalingGroup;
  readonly instances: readonly Instance[];
}

/** Returns what to remember of an instance in its current state; undefined when there is nothing to remember. */
function after(
  before: ScaledInstance | undefined,
  { InstanceId: instance = "", LifecycleState = "Pending" }: Instance,
  { groupId, hasPool }: { readonly groupId: string; readonly hasPool: boolean },
): ScaledInstance | undefined {
  const isResting = LifecycleState.startsWith("Warmed:") && !LifecycleState.startsWith("Warmed:Pending");
  const hasServed = (hasPool && LifecycleState === "InService") || (before?.hasServed === true && !isResting);
  const handledState = before?.handledState === LifecycleState ? before.handledState : undefined;
  if (handledState === undefined && !hasServed) return undefined;
  return { groupId, instance, hasServed, handledState };
}

/**
 * Returns why an instance waits: it begins to serve, or it ceases to. One that has served and returns to the warm pool
 * waits in the same state as one that enters it (deployments.md §6.4 rule 2).
 */
export function waitsFor(state: string | undefined, seen: ScaledInstance | undefined): Transition | undefined {
  switch (state) {
    case "Pending:Wait":
      return "launch";
    case "Warmed:Pending:Wait":
      return seen?.hasServed === true ? "termination" : "launch";
    case "Terminating:Wait":
    case "Warmed:Terminating:Wait":
      return "termination";
    default:
      return undefined;
  }
}

/** Records what has changed of a deployment group's instances. Returns what is remembered of each. */
export async function recordStates(
  store: Store,
  groupId: string,
  groups: readonly ObservedGroup[],
): Promise<ReadonlyMap<string, ScaledInstance>> {
  const before = new Map(store.scaledInstances.of(groupId).map((one) => [one.instance, one]));
  const now = new Map<string, ScaledInstance>();
  for (const { group, instances } of groups)
    for (const instance of instances) {
      const about = { groupId, hasPool: group.WarmPoolConfiguration !== undefined };
      const seen = after(before.get(instance.InstanceId ?? ""), instance, about);
      if (seen !== undefined) now.set(seen.instance, seen);
    }
  const changed = [...now.values()].filter(
    ({ instance, handledState, hasServed }) =>
      before.get(instance)?.handledState !== handledState || before.get(instance)?.hasServed !== hasServed,
  );
  const gone = [...before.values()].filter(({ instance }) => !now.has(instance));
  if (changed.length + gone.length > 0)
    await store.write(() => {
      for (const one of changed) store.scaledInstances.put(one);
      for (const one of gone) store.scaledInstances.forget(one);
    });
  return now;
}
