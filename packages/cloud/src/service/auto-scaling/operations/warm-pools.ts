import type { PutWarmPoolCommandInput } from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import type { AutoScalingOperations } from "../context.ts";
import { describeMember } from "../model/describe-group.ts";
import { type Group, isWarmed, type WarmPool } from "../model/group.ts";
import { pageOf } from "../pagination.ts";
import { describePool } from "../model/warm-pool.ts";

/** The MaxGroupPreparedCapacity that makes the pool follow the group's maximum again. */
const unset = -1;

/** Operations on warm pools. */
export const warmPoolOperations: AutoScalingOperations = {
  PutWarmPool({ groups, wake }, input) {
    const group = groups.getActive(input.AutoScalingGroupName);
    refuseSources(group);
    groups.put({ ...group, warmPool: poolOf(input, group) });
    wake(group.name);
  },

  DescribeWarmPool({ groups }, input) {
    const group = groups.get(input.AutoScalingGroupName);
    const { items, next } = pageOf(group.members.filter(isWarmed), input);
    return {
      WarmPoolConfiguration: group.warmPool && describePool(group.warmPool),
      Instances: items.map((member) => describeMember(group, member)),
      NextToken: next,
    };
  },

  DeleteWarmPool({ groups, wake }, { AutoScalingGroupName, ForceDelete = false }) {
    const group = groups.getActive(AutoScalingGroupName);
    if (group.warmPool === undefined)
      throw new Fault("ValidationError", `No warm pool found for AutoScalingGroup ${group.name}`);
    const isBusy = group.members.some(({ state }) => state.startsWith("Warmed:Pending"));
    if (isBusy && !ForceDelete)
      throw new Fault(
        "ScalingActivityInProgressFault",
        `You cannot delete the warm pool of ${group.name} while there are scaling activities in progress for it`,
      );
    groups.put({ ...(ForceDelete ? withoutHooks(group) : group), warmPool: { ...group.warmPool, isGoing: true } });
    wake(group.name);
  },
};

function poolOf(input: PutWarmPoolCommandInput, { warmPool: before, maxSize }: Group): WarmPool {
  const kept = before?.isGoing === true ? undefined : before;
  const minSize = whole("MinSize", input.MinSize ?? kept?.minSize ?? 0);
  const asked = input.MaxGroupPreparedCapacity ?? kept?.maxPrepared;
  const maxPrepared = asked === undefined || asked === unset ? undefined : whole("MaxGroupPreparedCapacity", asked);
  const state = input.PoolState ?? kept?.state ?? "Stopped";
  if (state !== "Stopped" && state !== "Running" && state !== "Hibernated")
    throw new Fault("ValidationError", `PoolState must be Stopped, Running or Hibernated, and is ${String(state)}`);
  if (minSize > (maxPrepared ?? maxSize))
    throw new Fault(
      "ValidationError",
      `MinSize ${minSize} is above the ${maxPrepared ?? maxSize} instances that the group and its pool may have together`,
    );
  return {
    minSize,
    maxPrepared,
    state,
    reuses: input.InstanceReusePolicy?.ReuseOnScaleIn ?? kept?.reuses ?? false,
  };
}

function whole(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Fault("ValidationError", `${name} must be a whole number of 0 or more, and is ${value}`);
}

/** As on AWS, a group with a mixed instances policy cannot have a warm pool. */
function refuseSources({ asGiven, name }: Group): void {
  if (asGiven.mixedInstancesPolicy !== undefined)
    throw new Fault("ValidationError", `You can't add a warm pool to ${name}: it has a mixed instances policy`);
}

/** When a pool is deleted by force, no hook holds its instances any more. */
const withoutHooks = (group: Group): Group => ({
  ...group,
  members: group.members.map((member) =>
    isWarmed(member) ? { ...member, actions: [], isForced: true as const } : member,
  ),
});
