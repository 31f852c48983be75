import { done, due, failed, type Progress, type Stage } from "./workflow.ts";
import { roleRefusal, tooManyFailed } from "../messages/explain.ts";
import { originalNotRemoved } from "../messages/messages.ts";
import {
  type DisruptionBudget,
  disruptionBudget,
  hasSucceeded,
  isExhausted,
  remaining,
  type Counts,
} from "../rules/minimum-healthy-hosts.ts";
import { blockedBy } from "../rules/host-contention.ts";
import { isTolerated, run } from "../target.ts";
import type { Decision } from "../decision.ts";
import type { LifecycleEventName, MinimumHealthyHosts, Target, World } from "../world.ts";

/** Some events on some targets, under a rule for how many may be out of service at once. */
export interface RollOut {
  readonly of: (target: Target, world: World) => boolean;
  readonly events: readonly LifecycleEventName[];
  /** Original hosts of a blue/green deployment leave all at once, and none may fail (deployments.md §7.2 step 8). */
  readonly rule: MinimumHealthyHosts | "all at once, and none may fail";
}

/** Takes the targets through the events, as many at once as the rule allows (deployments.md §4.3). */
export function rollOut(plan: RollOut): Stage {
  return (world) => {
    const targets = world.targets.filter((target) => plan.of(target, world));
    const batch = batchOf(world, targets, plan);
    const { counts, budget } = batch;
    const progress = startWithinBudget(world, [batch], plan.events);
    if (progress !== undefined) return progress;
    if (plan.rule === "all at once, and none may fail")
      return counts.failed + counts.skipped > 0
        ? failed(roleRefusal(targets, counts) ?? originalNotRemoved(counts))
        : done;
    return targets.length === 0 || hasSucceeded(budget, counts) ? done : failed(tooManyFailed(targets, counts));
  };
}

/** Some targets, their counts by state, and the budget that their rule gives them. */
export interface Batch {
  readonly targets: readonly Target[];
  readonly counts: Counts;
  readonly budget: DisruptionBudget;
}

/** Returns a batch of targets with the budget of its rule. */
export function batchOf(
  world: World,
  targets: readonly Target[],
  { events, rule }: Pick<RollOut, "events" | "rule">,
): Batch {
  const budget =
    rule === "all at once, and none may fail"
      ? { minimumHealthy: 0, unavailable: Number.POSITIVE_INFINITY }
      : disruptionBudget(rule, targets.length);
  return { targets, counts: countTargets(world, targets, events), budget };
}

/**
 * Starts as many targets of the first batch as the budgets of all batches allow. Undefined when every one of them has
 * started and ended.
 */
export function startWithinBudget(
  world: World,
  [batch, ...enclosing]: readonly [Batch, ...Batch[]],
  events: readonly LifecycleEventName[],
): Progress | undefined {
  const { targets, counts } = batch;
  if (counts.notStarted > 0) {
    const batches = [batch, ...enclosing];
    const whole = enclosing.at(-1) ?? batch;
    if (batches.some(({ budget, counts }) => isExhausted(budget, counts)))
      return failed(tooManyFailed(whole.targets, whole.counts));
    const more = Math.min(...batches.map(({ budget, counts }) => remaining(budget, counts)));
    if (more === 0) return { is: "waiting", for: "" };
    const because = Number.isFinite(more)
      ? `${counts.inFlight} in flight and ${counts.failed} failed leave room for ${more} more`
      : "all of them go at once";
    const waiting = targets.filter((target) => stateOf(world, target, events) === "notStarted");
    const free = waiting.filter((target) => blockedBy(world, target) === undefined);
    if (free.length === 0)
      return { is: "waiting", for: waiting.map((target) => blockedReason(world, target)).join(", ") };
    return due(...free.slice(0, more).flatMap((target) => start(world, target, { events, because })));
  }
  return counts.inFlight > 0 ? { is: "waiting", for: "" } : undefined;
}

const blockedReason = (world: World, target: Target) => `${target.id} to be free of ${blockedBy(world, target) ?? ""}`;

function start(
  world: World,
  target: Target,
  { events, because }: { readonly events: readonly LifecycleEventName[]; readonly because: string },
): readonly Decision[] {
  const event = target.events.find(({ name }) => events.includes(name));
  return event === undefined ? [] : [run(world, target, { event, because })];
}

/**
 * States by the list of events and by target, without and with tolerated failures: a pass over a thousand targets asks
 * for all of them several times, and few have changed. A target is never changed: another state is another object.
 */
const known = new WeakMap<
  readonly LifecycleEventName[],
  readonly [WeakMap<Target, keyof Counts>, WeakMap<Target, keyof Counts>]
>();

/** Returns the state of a target with regard to some of its events. */
export function stateOf(world: World, target: Target, events: readonly LifecycleEventName[]): keyof Counts {
  const maps = known.get(events) ?? [new WeakMap<Target, keyof Counts>(), new WeakMap<Target, keyof Counts>()];
  if (!known.has(events)) known.set(events, maps);
  const states = maps[world.deployment.ignoreApplicationStopFailures ? 1 : 0];
  const cached = states.get(target);
  if (cached !== undefined) return cached;
  const state = findState(world, target, events);
  states.set(target, state);
  return state;
}

function findState(world: World, target: Target, events: readonly LifecycleEventName[]): keyof Counts {
  const planned = target.events.filter(({ name }) => events.includes(name));
  if (target.status === "Succeeded" || planned.length === 0) return "succeeded";
  if (target.status === "Pending") return "notStarted";
  if (planned.some((event) => event.status === "Failed" && !isTolerated(world, event))) return "failed";
  if (planned.every(({ status }) => status === "Succeeded" || status === "Failed")) return "succeeded";
  if (target.status === "Failed" || target.status === "Unknown") return "failed";
  if (target.status === "Skipped") return "skipped";
  return planned.some(({ command }) => command !== undefined) ? "inFlight" : "notStarted";
}

function countTargets(world: World, targets: readonly Target[], events: readonly LifecycleEventName[]): Counts {
  const counts = { notStarted: 0, inFlight: 0, succeeded: 0, failed: 0, skipped: 0 };
  for (const target of targets) counts[stateOf(world, target, events)] += 1;
  return counts;
}
