import { done, due, failed, type Stage } from "./course.ts";
import { healthConstraints, originalNotRemoved } from "./messages.ts";
import { type Allowance, allowance, hasSucceeded, isExhausted, mayStart, type Tally } from "./minimum-healthy-hosts.ts";
import { isTolerated, run } from "./target.ts";
import type { Decision } from "./decision.ts";
import type { LifecycleEventName, MinimumHealthyHosts, Target, World } from "./world.ts";

/** Some events on some targets, under a rule of how many may be out of service at once. */
export interface RollOut {
  readonly of: (target: Target, world: World) => boolean;
  readonly events: readonly LifecycleEventName[];
  /** Original hosts of a blue/green deployment leave all at once, and none may fail (deployments.md §7.2 step 8). */
  readonly rule: MinimumHealthyHosts | "all at once, and none may fail";
}

/** Takes one host after the other through the events, as far as the rule allows (deployments.md §4.3). */
export function rollOut(plan: RollOut): Stage {
  return (world) => {
    const targets = world.targets.filter((target) => plan.of(target, world));
    const count = tally(world, targets, plan.events);
    const room = roomOf(plan, targets.length);
    if (count.notStarted > 0) {
      if (isExhausted(room, count)) return failed(healthConstraints(count));
      const more = mayStart(room, count);
      if (more === 0) return { is: "waiting", for: "" };
      const because = `${count.inFlight} in flight and ${count.failed} failed leave room for ${more} more`;
      const waiting = targets.filter((target) => standingOf(world, target, plan.events) === "notStarted");
      return due(...waiting.slice(0, more).flatMap((target) => start(world, target, { events: plan.events, because })));
    }
    if (count.inFlight > 0) return { is: "waiting", for: "" };
    if (plan.rule === "all at once, and none may fail")
      return count.failed + count.skipped > 0 ? failed(originalNotRemoved(count)) : done;
    return targets.length === 0 || hasSucceeded(room, count) ? done : failed(healthConstraints(count));
  };
}

function start(
  world: World,
  target: Target,
  { events, because }: { readonly events: readonly LifecycleEventName[]; readonly because: string },
): readonly Decision[] {
  const event = target.events.find(({ name }) => events.includes(name));
  return event === undefined ? [] : [run(world, target, { event, because })];
}

function roomOf({ rule }: RollOut, hosts: number): Allowance {
  return rule === "all at once, and none may fail"
    ? { minimumHealthy: 0, unavailable: Number.POSITIVE_INFINITY }
    : allowance(rule, hosts);
}

/** How far a target is with some of its events. */
export function standingOf(world: World, target: Target, events: readonly LifecycleEventName[]): keyof Tally {
  if (target.status === "Succeeded") return "succeeded";
  const own = target.events.filter(({ name }) => events.includes(name));
  if (own.some((event) => event.status === "Failed" && !isTolerated(world, event))) return "failed";
  if (own.every(({ status }) => status === "Succeeded" || status === "Failed")) return "succeeded";
  if (target.status === "Failed" || target.status === "Unknown") return "failed";
  if (target.status === "Skipped") return "skipped";
  return own.some(({ command }) => command !== undefined) ? "inFlight" : "notStarted";
}

function tally(world: World, targets: readonly Target[], events: readonly LifecycleEventName[]): Tally {
  const count = { notStarted: 0, inFlight: 0, succeeded: 0, failed: 0, skipped: 0 };
  for (const target of targets) count[standingOf(world, target, events)] += 1;
  return count;
}
