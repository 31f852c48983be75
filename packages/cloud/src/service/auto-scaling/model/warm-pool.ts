import type { WarmPoolConfiguration } from "@aws-sdk/client-auto-scaling";
import { isCounted, isWarmed, type Group, type Member, type WarmPool } from "./group.ts";

/** Returns how many instances a group's pool is to have. */
export function pooledWanted({ warmPool, maxSize, desired }: Group): number {
  if (warmPool === undefined || warmPool.isGoing === true) return 0;
  return Math.max(warmPool.minSize, (warmPool.maxPrepared ?? maxSize) - desired);
}

/** Returns the instances of a group's pool, without those that are leaving it. */
export const pooled = ({ members }: Group): readonly Member[] =>
  members.filter((member) => isWarmed(member) && !member.state.startsWith("Warmed:Terminat"));

/** Returns the instances of the pool that can join the group at once: they are at rest there, and in EC2 too. */
export function drawable({ members, warmPool }: Group, ec2State: (id: string) => string | undefined) {
  if (warmPool === undefined) return [];
  return members.filter(({ id, state }) => {
    if (state === "Warmed:Running") return ec2State(id) === "running";
    return (state === "Warmed:Stopped" || state === "Warmed:Hibernated") && ec2State(id) === "stopped";
  });
}

/** Returns how many of the group's surplus instances the pool has room for. */
export function returning(group: Group): number {
  if (group.warmPool?.reuses !== true) return 0;
  const surplus = group.members.filter(isCounted).length - group.desired;
  return Math.max(0, Math.min(surplus, pooledWanted(group) - pooled(group).length));
}

/** Returns a pool as AWS describes it. */
export function describePool(pool: WarmPool): WarmPoolConfiguration {
  return {
    MinSize: pool.minSize,
    MaxGroupPreparedCapacity: pool.maxPrepared,
    PoolState: pool.state,
    Status: pool.isGoing === true ? "PendingDelete" : undefined,
    InstanceReusePolicy: { ReuseOnScaleIn: pool.reuses },
  };
}
