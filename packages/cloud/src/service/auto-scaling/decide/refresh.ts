import { type Group, isCounted, type Member } from "../model/group.ts";
import type { Refresh, RefreshPreferences, RefreshStatus } from "../model/refresh-record.ts";
import { boundsOf } from "./maintenance.ts";

/** Returns the refresh that is under way, or undefined. */
export function activeRefresh({ refreshes = [] }: Group): Refresh | undefined {
  const [last] = refreshes;
  return last !== undefined && last.endedAt === undefined ? last : undefined;
}

/** Returns a group with what new instances are launched from at the moment: a refresh may have a launch source of its own. */
export function asRefreshed(group: Group): Group {
  const refresh = activeRefresh(group);
  if (refresh?.desired === undefined || refresh.status === "RollbackInProgress") return group;
  const { launch, policy } = refresh.desired;
  const { mixedInstancesPolicy: _, ...asGiven } = group.asGiven;
  return { ...group, launch, asGiven: policy === undefined ? asGiven : { ...asGiven, mixedInstancesPolicy: policy } };
}

/** Returns the instances that a refresh has still to replace. */
export const leftOf = ({ old }: Refresh, { members }: Group): readonly Member[] =>
  members.filter(({ id, state }) => old.includes(id) && !state.startsWith("Terminating"));

/** Returns how much of a refresh is done, in percent. */
export function percentOf(refresh: Refresh, group: Group): number {
  if (refresh.total === 0) return 100;
  return Math.floor(((refresh.total - leftOf(refresh, group).length) * 100) / refresh.total);
}

/** Whether an instance of the warm pool was launched from the source that a refresh replaces. */
export function isStale(group: Group, id: string): boolean {
  const refresh = activeRefresh(group);
  if (refresh === undefined || refresh.preferences.skipMatching) return false;
  if (refresh.status === "Cancelling") return false;
  return refresh.original.includes(id) !== (refresh.status === "RollbackInProgress");
}

/** The next step of a refresh. */
interface RefreshStep {
  /** How many replacements to launch before the instances that they replace go. */
  readonly launch: number;
  readonly takeOut: readonly Member[];
  readonly change?: Partial<Refresh> | undefined;
  /** How many instances the group may have meanwhile. */
  readonly most: number;
}

/** Returns the next step of a refresh, which replaces as many instances as its percentages allow. New instances count once they serve and have warmed up. A refresh without progress for `stuckMilliseconds` fails. */
export function nextRefreshStep(
  group: Group,
  refresh: Refresh,
  { now, stuckMilliseconds }: { readonly now: number; readonly stuckMilliseconds: number },
): RefreshStep {
  const { preferences } = refresh;
  const left = leftOf(refresh, group);
  const counted = group.members.filter(isCounted);
  const isReady = ({ id, state, inServiceAt = now }: Member) =>
    state === "InService" && (refresh.old.includes(id) || now >= inServiceAt + preferences.warmupMilliseconds);
  const ready = counted.filter(isReady).length;
  const bounds = boundsOf(group, preferences.minHealthy, preferences.maxHealthy);
  const none = { launch: 0, takeOut: [], most: left.length === 0 ? group.desired : bounds.most };
  const isSettled = counted.length === group.desired && ready === counted.length;
  if (refresh.status === "Cancelling")
    return isSettled ? { ...none, change: over("Cancelled", now) } : { ...none, most: group.desired };
  if (left.length === 0) return isSettled ? { ...none, ...ended(refresh, now) } : none;
  if (now >= refresh.progressAt + stuckMilliseconds) return { ...none, change: stuck(refresh, group, now) };
  const hold = heldBy(refresh, group, { now, isSettled });
  if (hold !== undefined) return { ...none, ...hold };
  const free = left.filter((member) => mayGo(member, preferences));
  const most = Math.min(free.length, allowedBy(refresh, left.length));
  const launch = Math.max(0, Math.min(most, bounds.most - counted.length));
  // Once all others are ready one instance goes in any case: else a small group would never be refreshed.
  const room = Math.max(ready - bounds.least, isSettled && bounds.most === group.desired ? 1 : 0);
  return { launch, takeOut: free.slice(0, Math.max(0, Math.min(most, room))), most: bounds.most };
}

/** A refresh keeps the reason that it has unless there is a new one. */
const over = (status: RefreshStatus, endedAt: number, reason?: string): Partial<Refresh> =>
  reason === undefined ? { status, endedAt } : { status, endedAt, reason };

function ended({ status, bakesUntil, preferences }: Refresh, now: number): Pick<RefreshStep, "change"> {
  if (status === "RollbackInProgress") return { change: over("RollbackSuccessful", now) };
  if (preferences.bakeMilliseconds > 0 && bakesUntil === undefined)
    return { change: { status: "Baking", bakesUntil: now + preferences.bakeMilliseconds } };
  return now >= (bakesUntil ?? now) ? { change: over("Successful", now) } : {};
}

function stuck(refresh: Refresh, group: Group, now: number): Partial<Refresh> {
  const reason = `No instance could be replaced for too long: ${leftOf(refresh, group)
    .map(({ id, state }) => `${id} (${state})`)
    .join(", ")} are left`;
  if (refresh.status === "RollbackInProgress") return over("RollbackFailed", now, reason);
  return refresh.preferences.autoRollback && refresh.desired !== undefined
    ? rolledBack(refresh, group, { now, reason })
    : over("Failed", now, reason);
}

/** Returns the change that rolls a refresh back: what it has launched is replaced from the group's own launch source. */
export function rolledBack(
  refresh: Refresh,
  group: Group,
  { now, reason }: { readonly now: number; readonly reason: string },
): Partial<Refresh> {
  const old = group.members.filter(isCounted).flatMap(({ id }) => (refresh.original.includes(id) ? [] : [id]));
  const rollback = { reason, startedAt: now, percentBefore: percentOf(refresh, group) };
  return {
    status: "RollbackInProgress",
    reason,
    old,
    total: old.length,
    progressAt: now,
    rollback,
    passed: refresh.preferences.checkpoints.length,
  };
}

/** Holds a refresh that has reached a checkpoint for the checkpoint's delay. */
function heldBy(
  refresh: Refresh,
  group: Group,
  { now, isSettled }: { readonly now: number; readonly isSettled: boolean },
): { readonly change?: Partial<Refresh> } | undefined {
  const { preferences, passed, holdsUntil } = refresh;
  if (holdsUntil !== undefined && now < holdsUntil) return {};
  const next = preferences.checkpoints[passed];
  if (next === undefined || percentOf(refresh, group) < next) return undefined;
  if (!isSettled) return {};
  const until = now + preferences.checkpointMilliseconds;
  return { change: { passed: passed + 1, holdsUntil: until, progressAt: until } };
}

/** How many more instances may be replaced before the next checkpoint. */
function allowedBy({ preferences, passed, total }: Refresh, left: number): number {
  const next = preferences.checkpoints[passed];
  return next === undefined ? left : Math.max(0, Math.ceil((total * next) / 100) - (total - left));
}

function mayGo({ isProtected, state }: Member, { scaleInProtected, standby }: RefreshPreferences): boolean {
  if (isProtected) return scaleInProtected === "Refresh";
  return state === "InService" || (state === "Standby" && standby === "Terminate");
}

/** Returns a group with one of its refreshes changed. */
export const withRefresh = (group: Group, id: string, change: Partial<Refresh>): Group => ({
  ...group,
  refreshes: (group.refreshes ?? []).map((refresh) => (refresh.id === id ? { ...refresh, ...change } : refresh)),
});
