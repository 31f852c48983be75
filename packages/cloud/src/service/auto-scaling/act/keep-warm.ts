import { at, beginActivity } from "./causes.ts";
import type { AutoScalingContext } from "../context.ts";
import { type Group, isCounted, isSuspended, memberOf, withMember } from "../model/group.ts";

// How instances move between a group and its warm pool.

/** Moves an instance of the warm pool into the group: it starts, and launch hooks hold it once more. */
export function drawFromPool(context: AutoScalingContext, group: Group, id: string): void {
  const { db, ec2, groups, clock } = context;
  const member = memberOf(group, id);
  const from = group.members.filter(isCounted).length;
  const reason = `${at(clock())} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${from + 1}.`;
  const activity = beginActivity(context, group, {
    description: `Launching a new EC2 instance from warm pool: ${id}`,
    cause: [...group.causes, reason].join("  "),
    member,
    status: "PreInService",
  });
  const isLast = from + 1 >= group.desired;
  const drawn = { state: "Pending", actions: [], activityId: activity.id, isDrawn: true } as const;
  db.transaction(() => {
    groups.put({ ...withMember(group, id, (kept) => ({ ...kept, ...drawn })), causes: isLast ? [] : group.causes });
    if (ec2.fleet.find(id)?.state === "stopped") ec2.fleet.start(id);
  });
}

/** Brings an instance that is ready to rest in the pool until it is needed. */
export function restInPool({ groups, activities, clock }: AutoScalingContext, group: Group, id: string): void {
  const { activityId } = memberOf(group, id);
  const state = group.warmPool?.state ?? "Stopped";
  activities.change(group.name, activityId, { status: "Successful", endedAt: clock(), progress: 100 });
  const { returns: _, activityId: __, ...member } = memberOf(group, id);
  groups.put(withMember(group, id, () => ({ ...member, state: `Warmed:${state}`, actions: [] })));
}

/** Deregisters an instance that the group no longer needs, and returns it to the pool. */
export async function returnToPool(context: AutoScalingContext, group: Group, id: string): Promise<void> {
  const { trafficSources, groups, clock } = context;
  if (!isSuspended(group, "AddToLoadBalancer"))
    for (const source of group.sources) await trafficSources.deregister(source, [id]);
  const current = groups.find(group.name);
  const member = current?.members.find((candidate) => candidate.id === id);
  if (current === undefined || member?.state !== "InService") return;
  const from = current.members.filter(isCounted).length;
  const reason = `${at(clock())} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${from} to ${from - 1}.  ${at(clock())} instance ${id} was selected to return to the warm pool.`;
  const description = `Returning EC2 instance to warm pool: ${id}`;
  const activity = beginActivity(context, current, {
    description,
    cause: [...current.causes, reason].join("  "),
    member,
  });
  const { inServiceAt: _, isDrawn: __, ...kept } = member;
  const back = { state: "Warmed:Pending", returns: true, actions: [], activityId: activity.id } as const;
  const changed = withMember(current, id, () => ({ ...kept, ...back }));
  groups.put({ ...changed, causes: from - 1 > current.desired ? current.causes : [] });
}
