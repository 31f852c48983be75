import { type Group, isCounted } from "../model/group.ts";

/** How many instances must be ready, and how many there may be, while some are replaced. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Returns what percentages of a group's desired capacity mean. Above 100 a replacement is launched before an instance goes. */
export function boundsOf({ desired }: Group, min: number, max: number): Bounds {
  const extra = max > 100 ? Math.max(1, Math.floor((desired * (max - 100)) / 100)) : 0;
  return { least: Math.ceil((desired * min) / 100), most: desired + extra };
}

/** Returns the bounds of a group's instance maintenance policy, or undefined when it has none. */
export function policyOf(group: Group): Bounds | undefined {
  const { MinHealthyPercentage: min = -1, MaxHealthyPercentage: max = -1 } =
    group.asGiven.instanceMaintenancePolicy ?? {};
  return min < 0 || max < 0 ? undefined : boundsOf(group, min, max);
}

/** Whether an unhealthy instance waits until its replacement serves, because its group launches before it terminates. */
export function waitsForReplacement(group: Group): boolean {
  const policy = policyOf(group);
  if (policy === undefined || policy.most <= group.desired) return false;
  const serving = group.members.filter(({ state, health }) => state === "InService" && health === "Healthy").length;
  return serving < policy.least;
}

/** Returns how many replacements a group launches before its unhealthy instances go. */
export function replacementsAhead(group: Group): number {
  const policy = policyOf(group);
  if (policy === undefined) return 0;
  const counted = group.members.filter(isCounted);
  const unhealthy = counted.filter(({ health }) => health === "Unhealthy").length;
  return Math.max(0, Math.min(group.desired - (counted.length - unhealthy), policy.most - counted.length));
}
