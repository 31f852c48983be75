import { type Group, isCounted, isSuspended, type Member } from "../model/group.ts";

/** Returns the subnets to launch in, one for each instance that the group lacks: always the subnet with the fewest. */
export function missing(group: Group): readonly string[] {
  const counted = group.members.filter(isCounted);
  return spread(group, counted, Math.max(0, group.desired - counted.length));
}

/** Returns the subnets for `lacking` more instances beside those that are there: always the subnet with the fewest. */
export function spread({ subnetIds }: Group, there: readonly Member[], lacking: number): readonly string[] {
  const counts = countsIn(subnetIds, there);
  return Array.from({ length: lacking }, () => {
    const subnetId = fewest(counts);
    counts.set(subnetId, (counts.get(subnetId) ?? 0) + 1);
    return subnetId;
  });
}

/** Returns the surplus instances of a group to terminate: from the subnet with the most, in the order of the termination policies. */
export function surplus(group: Group): readonly Member[] {
  const counted = group.members.filter(isCounted);
  let candidates = counted.filter(({ isProtected, state }) => !isProtected && state === "InService");
  const leaving: Member[] = [];
  while (counted.length - leaving.length > group.desired && candidates.length > 0) {
    const bySubnet = Map.groupBy(candidates, ({ subnetId }) => subnetId);
    const standing = (subnetId: string) =>
      counted.filter((member) => member.subnetId === subnetId && !leaving.includes(member)).length;
    const most = Math.max(...[...bySubnet.keys()].map(standing));
    const crowded = candidates.filter(({ subnetId }) => standing(subnetId) === most);
    const [first] = crowded.toSorted(byPolicies(group.terminationPolicies));
    if (first === undefined) break;
    leaving.push(first);
    candidates = candidates.filter((member) => member !== first);
  }
  return leaving;
}

/** How far a group may grow beyond its maximum while it is rebalanced: a tenth of it, at least one. */
const beyondMaxShare = 0.1;

/** Returns the subnet to launch one more instance in when zones differ by two or more, or undefined when they are balanced, or cannot be. */
export function zoneOutOfBalance(group: Group): string | undefined {
  const counts = countsBySubnet(group);
  const counted = group.members.filter(isCounted);
  const [least, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
  const isSettled = counted.every(({ state }) => state === "InService") && counted.length >= group.desired;
  // While Terminate is suspended none would leave, so the group may only grow this far.
  const limit = isSuspended(group, "Terminate")
    ? group.maxSize + Math.max(1, Math.floor(group.maxSize * beyondMaxShare))
    : group.desired + 1;
  const mostSubnets = [...counts].filter(([, count]) => count === most).map(([subnetId]) => subnetId);
  const mayShrink = counted.some(({ subnetId, isProtected }) => mostSubnets.includes(subnetId) && !isProtected);
  return isSettled && most - least >= 2 && counted.length < limit && mayShrink ? fewest(counts) : undefined;
}

const countsBySubnet = ({ subnetIds, members }: Group): Map<string, number> =>
  countsIn(subnetIds, members.filter(isCounted));

const countsIn = (subnetIds: readonly string[], members: readonly Member[]): Map<string, number> =>
  new Map(subnetIds.map((id) => [id, members.filter(({ subnetId }) => subnetId === id).length]));

function fewest(counts: ReadonlyMap<string, number>): string {
  const [first] = [...counts].toSorted(([, one], [, other]) => one - other);
  if (first === undefined) throw new Error("A group has at least one subnet");
  return first[0];
}

type Order = (one: Member, other: Member) => number;

const oldestFirst: Order = (one, other) => one.launchedAt - other.launchedAt;
const oldestTemplateFirst: Order = (one, other) =>
  Number(one.templateVersion ?? 0) - Number(other.templateVersion ?? 0);

/** The order of each termination policy. */
const orders: Readonly<Record<string, Order>> = {
  OldestInstance: oldestFirst,
  NewestInstance: (one, other) => other.launchedAt - one.launchedAt,
  OldestLaunchTemplate: oldestTemplateFirst,
  OldestLaunchConfiguration: oldestTemplateFirst,
  Default: (one, other) => oldestTemplateFirst(one, other) || oldestFirst(one, other),
  // All instances here are on demand, of one type, and free of charge.
  AllocationStrategy: () => 0,
  ClosestToNextInstanceHour: () => 0,
};

/** The names of all termination policies. */
export const terminationPolicies: readonly string[] = Object.keys(orders);

/** Unhealthy instances go first, whatever the policies. */
function byPolicies(policies: readonly string[]): Order {
  const chosen = [...policies, "Default"].map((policy) => orders[policy] ?? (() => 0));
  const isHealthy = ({ health }: Member) => (health === "Healthy" ? 1 : 0);
  return (one, other) =>
    isHealthy(one) - isHealthy(other) || chosen.map((order) => order(one, other)).find((order) => order !== 0) || 0;
}
