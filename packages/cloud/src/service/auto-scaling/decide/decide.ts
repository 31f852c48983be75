import { missing, spread, surplus, zoneOutOfBalance } from "./capacity.ts";
import { type Group, isCounted, isSuspended, isWarmed, type Member } from "../model/group.ts";
import { atTime, type HookAction, type Transition } from "../model/hook.ts";
import { policyOf, replacementsAhead, waitsForReplacement } from "./maintenance.ts";
import { activeRefresh, isStale, nextRefreshStep } from "./refresh.ts";
import type { Refresh } from "../model/refresh-record.ts";
import { drawable, pooled, pooledWanted, returning } from "../model/warm-pool.ts";

/** What a decision depends on besides the group. */
export interface Facts {
  readonly now: number;
  /** Returns the state of an instance in EC2, or undefined when EC2 does not have it. */
  readonly ec2State: (instanceId: string) => string | undefined;
  /** Whether a traffic source still sends the instance requests that it had begun. */
  readonly isDraining: (member: Member) => boolean;
  /** Whether a traffic source finds the instance unhealthy. */
  readonly failsTraffic: (member: Member) => boolean;
  /** The grace period of the group's health checks, in milliseconds. */
  readonly graceMilliseconds: number;
  /** How long an instance refresh may be without progress, in milliseconds. */
  readonly stuckMilliseconds: number;
}

/** One thing to do for a group. */
export type Decision =
  | { readonly do: "hold"; readonly id: string; readonly transition: Transition }
  | { readonly do: "settle hooks"; readonly id: string; readonly actions: readonly HookAction[] }
  | { readonly do: "proceed"; readonly id: string }
  | { readonly do: "enter service"; readonly id: string }
  | { readonly do: "give up"; readonly id: string; /** Absent when it has ended by itself. */ readonly why?: string }
  | { readonly do: "take out"; readonly id: string; readonly why: Removal }
  | { readonly do: "end instance"; readonly id: string }
  | { readonly do: "forget"; readonly id: string }
  | { readonly do: "stand by"; readonly id: string }
  | { readonly do: "detach"; readonly id: string }
  | { readonly do: "mark unhealthy"; readonly id: string; readonly because: "EC2" | "ELB" }
  | { readonly do: "launch"; readonly subnetIds: readonly string[]; readonly why: LaunchReason }
  /** An instance of the warm pool joins the group, comes to rest in the pool, is stopped for that, or returns to the pool. */
  | { readonly do: "draw"; readonly id: string }
  | { readonly do: "rest"; readonly id: string }
  | { readonly do: "stop instance"; readonly id: string }
  | { readonly do: "return"; readonly id: string }
  | { readonly do: "drop warm pool" }
  | { readonly do: "change refresh"; readonly refreshId: string; readonly change: Partial<Refresh> }
  | { readonly do: "delete group" };

/** Why an instance is taken out of service. */
export type Removal = "capacity" | "EC2" | "ELB" | "user" | "group" | "pool" | "refresh";

/** Why an instance is launched. */
export type LaunchReason = "capacity" | "balance" | "pool" | "refresh";

/** Decides what is to be done for a group now. No decision means that it waits: for EC2, a hook, draining, or a user. */
export function decide(group: Group, facts: Facts): readonly Decision[] {
  const moves = group.members.flatMap((member) => nextMove(group, member, facts) ?? []);
  if (moves.length > 0) return moves;
  if (group.isGoing === true) return group.members.length === 0 ? [{ do: "delete group" }] : [];
  const ailing = group.members.flatMap((member) => judgeHealth(group, member, facts) ?? []);
  if (ailing.length > 0) return ailing;
  return adjustCapacity(group, facts);
}

const isOver = (ec2State: string | undefined): boolean =>
  ec2State === undefined || ec2State === "terminated" || ec2State === "shutting-down";

function nextMove(group: Group, member: Member, facts: Facts): Decision | undefined {
  const { id, state } = member;
  const ec2State = facts.ec2State(id);
  const isGone = isOver(ec2State);
  switch (state) {
    case "Pending":
      if (isGone) return { do: "give up", id };
      if (ec2State !== "running") return undefined;
      return holds(group, member, "autoscaling:EC2_INSTANCE_LAUNCHING") ?? { do: "enter service", id };
    case "Pending:Wait":
    case "Warmed:Pending:Wait":
      if (isGone) return { do: "give up", id };
      return settled(member, facts, (abandoned) =>
        abandoned === undefined
          ? { do: "proceed", id }
          : {
              do: "give up",
              id,
              why: `Lifecycle Action with token ${abandoned.token} was abandoned: ${abandoned.why}`,
            },
      );
    case "Pending:Proceed":
      return { do: "enter service", id };
    case "Terminating":
      if (facts.isDraining(member) && !isGone && group.isGoing !== true) return undefined;
      return isGone || group.isGoing === true || member.inServiceAt === undefined
        ? { do: "proceed", id }
        : (holds(group, member, "autoscaling:EC2_INSTANCE_TERMINATING") ?? { do: "proceed", id });
    case "Terminating:Wait":
    case "Warmed:Terminating:Wait":
      // CONTINUE and ABANDON both end in termination.
      return isGone || group.isGoing === true || member.isForced === true
        ? { do: "proceed", id }
        : settled(member, facts, () => ({ do: "proceed", id }));
    case "Terminating:Proceed":
    case "Warmed:Terminating:Proceed":
      if (ec2State === undefined || ec2State === "terminated") return { do: "forget", id };
      return ec2State === "shutting-down" ? undefined : { do: "end instance", id };
    case "EnteringStandby":
      return facts.isDraining(member) ? undefined : { do: "stand by", id };
    case "Detaching":
      return facts.isDraining(member) ? undefined : { do: "detach", id };
    default:
      if (isWarmed(member)) return nextMoveInPool(group, member, facts);
      // A group that is deleted with its instances asks neither hooks nor suspended processes.
      return group.isGoing === true ? { do: "take out", id, why: "group" } : undefined;
  }
}

/** What follows the states that only instances of a warm pool have. */
function nextMoveInPool(group: Group, member: Member, facts: Facts): Decision | undefined {
  const { id, state } = member;
  const ec2State = facts.ec2State(id);
  const isGone = isOver(ec2State);
  switch (state) {
    case "Warmed:Pending":
      if (isGone) return { do: "give up", id };
      if (ec2State !== "running" || facts.isDraining(member)) return undefined;
      return holds(group, member, transitionOf(member)) ?? { do: "proceed", id };
    case "Warmed:Pending:Proceed":
      if (isGone) return { do: "give up", id };
      if (group.warmPool?.state === "Running" || ec2State === "stopped") return { do: "rest", id };
      return ec2State === "running" ? { do: "stop instance", id } : undefined;
    case "Warmed:Terminating":
      return isGone || group.isGoing === true || member.isForced === true
        ? { do: "proceed", id }
        : (holds(group, member, "autoscaling:EC2_INSTANCE_TERMINATING") ?? { do: "proceed", id });
    default:
      if (isGone) return { do: "give up", id };
      if (group.isGoing === true) return { do: "take out", id, why: "group" };
      return group.warmPool === undefined || group.warmPool.isGoing === true
        ? { do: "take out", id, why: "pool" }
        : undefined;
  }
}

/** Which hooks hold an instance on its way into the warm pool: launch hooks a new one, termination hooks one that has served. */
const transitionOf = ({ returns }: Member): Transition =>
  returns === true ? "autoscaling:EC2_INSTANCE_TERMINATING" : "autoscaling:EC2_INSTANCE_LAUNCHING";

function holds({ hooks }: Group, { id, skipsHooks }: Member, transition: Transition): Decision | undefined {
  const isHeld = hooks.some((hook) => hook.transition === transition);
  return isHeld && !(skipsHooks === true && transition === "autoscaling:EC2_INSTANCE_LAUNCHING")
    ? { do: "hold", id, transition }
    : undefined;
}

/** All hooks of a transition hold an instance at the same time. The first ABANDON ends the wait, else the last CONTINUE does. */
function settled(
  { id, actions }: Member,
  { now }: Facts,
  next: (abandoned: HookAction | undefined) => Decision,
): Decision | undefined {
  const current = actions.map((action) => atTime(action, now));
  if (current.some((action, index) => action !== actions[index])) return { do: "settle hooks", id, actions: current };
  const abandoned = current.find(({ result }) => result === "ABANDON");
  return abandoned !== undefined || current.every(({ result }) => result === "CONTINUE") ? next(abandoned) : undefined;
}

function judgeHealth(group: Group, member: Member, facts: Facts): Decision | undefined {
  const { id, state, health, unhealthyBecause, inServiceAt = facts.now } = member;
  if (state !== "InService") return undefined;
  if (health === "Unhealthy")
    return isSuspended(group, "ReplaceUnhealthy") || isSuspended(group, "Terminate") || waitsForReplacement(group)
      ? undefined
      : { do: "take out", id, why: unhealthyBecause ?? "user" };
  if (isSuspended(group, "HealthCheck")) return undefined;
  if (facts.ec2State(id) !== "running") return { do: "mark unhealthy", id, because: "EC2" };
  const isJudged = group.healthCheckType.includes("ELB") && facts.now >= inServiceAt + facts.graceMilliseconds;
  return isJudged && facts.failsTraffic(member) ? { do: "mark unhealthy", id, because: "ELB" } : undefined;
}

function adjustCapacity(group: Group, facts: Facts): readonly Decision[] {
  const { now } = facts;
  const mayLaunch = !isSuspended(group, "Launch") && now >= (group.launchAgainAt ?? 0);
  const subnetIds = missing(group);
  if (subnetIds.length > 0) return mayLaunch ? supplyMissing(group, subnetIds, facts) : [];
  const ahead = isSuspended(group, "ReplaceUnhealthy") ? 0 : replacementsAhead(group);
  if (ahead > 0) return mayLaunch ? [launchMore(group, ahead, "capacity")] : [];
  const refresh = refreshing(group, facts, mayLaunch);
  if (refresh.decisions.length > 0) return refresh.decisions;
  // While instances are replaced there may be more than desired.
  const leaving = surplus({ ...group, desired: Math.max(group.desired, refresh.most, policyMost(group)) });
  if (leaving.length > 0) {
    const back = returning(group);
    return isSuspended(group, "Terminate")
      ? []
      : leaving.map(({ id }, at) => (at < back ? { do: "return", id } : { do: "take out", id, why: "capacity" }));
  }
  return [...fillPool(group, mayLaunch), ...rebalance(group, facts)];
}

/** Has an instance refresh replace some more instances, unless it is held. */
function refreshing(
  group: Group,
  facts: Facts,
  mayLaunch: boolean,
): { readonly decisions: readonly Decision[]; readonly most: number } {
  const refresh = activeRefresh(group);
  if (refresh === undefined) return { decisions: [], most: 0 };
  const { launch, takeOut, change, most } = nextRefreshStep(group, refresh, facts);
  if (change !== undefined) return { decisions: [{ do: "change refresh", refreshId: refresh.id, change }], most };
  if (isSuspended(group, "InstanceRefresh")) return { decisions: [], most };
  const launched = launch > 0 && mayLaunch ? [launchMore(group, launch, "refresh")] : [];
  const leaving = isSuspended(group, "Terminate") ? [] : takeOut;
  return {
    decisions: [...launched, ...leaving.map(({ id }): Decision => ({ do: "take out", id, why: "refresh" }))],
    most,
  };
}

const launchMore = (group: Group, count: number, why: LaunchReason): Decision => ({
  do: "launch",
  subnetIds: spread(group, group.members.filter(isCounted), count),
  why,
});

/** How many instances the maintenance policy allows while unhealthy ones wait for their replacements; 0 when none is. */
function policyMost(group: Group): number {
  const hasUnhealthy = group.members.some((member) => isCounted(member) && member.health === "Unhealthy");
  return hasUnhealthy ? (policyOf(group)?.most ?? 0) : 0;
}

/** Takes what is missing from the warm pool, and launches the rest. */
function supplyMissing(group: Group, subnetIds: readonly string[], { ec2State }: Facts): readonly Decision[] {
  const distance = ({ subnetId }: Member) => (subnetIds.includes(subnetId) ? 0 : 1);
  const ready = drawable(group, ec2State)
    .toSorted((one, other) => distance(one) - distance(other))
    .slice(0, subnetIds.length);
  const lacking = subnetIds.slice(ready.length);
  return [
    ...ready.map(({ id }): Decision => ({ do: "draw", id })),
    ...(lacking.length === 0 ? [] : [{ do: "launch", subnetIds: lacking, why: "capacity" } as const]),
  ];
}

function fillPool(group: Group, mayLaunch: boolean): readonly Decision[] {
  if (group.warmPool === undefined) return [];
  if (group.warmPool.isGoing === true) return group.members.some(isWarmed) ? [] : [{ do: "drop warm pool" }];
  const there = pooled(group);
  const lacking = pooledWanted(group) - there.length;
  if (lacking > 0 && mayLaunch)
    return [
      { do: "launch", subnetIds: spread(group, [...group.members.filter(isCounted), ...there], lacking), why: "pool" },
    ];
  const resting = there.filter(({ state }) => !state.startsWith("Warmed:Pending"));
  if (isSuspended(group, "Terminate")) return [];
  const tooMany = Math.max(0, -lacking);
  return resting
    .filter(({ id }, at) => at < tooMany || isStale(group, id))
    .map(({ id }) => ({ do: "take out", id, why: "pool" }));
}

function rebalance(group: Group, { now }: Facts): readonly Decision[] {
  const zone = isSuspended(group, "AZRebalance") || isSuspended(group, "Launch") ? undefined : zoneOutOfBalance(group);
  return zone === undefined || now < (group.launchAgainAt ?? 0)
    ? []
    : [{ do: "launch", subnetIds: [zone], why: "balance" }];
}
