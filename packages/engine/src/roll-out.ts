import { done, due, failed, type Progress, type Stage } from "./course.ts";
import { refusalOf, tooManyFailed } from "./explain.ts";
import { originalNotRemoved } from "./messages.ts";
import { type Allowance, allowance, hasSucceeded, isExhausted, mayStart, type Tally } from "./minimum-healthy-hosts.ts";
import { busyWith } from "./neighbours.ts";
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
    const part = partOf(world, targets, plan);
    const { count, room } = part;
    const progress = startMore(world, [part], plan.events);
    if (progress !== undefined) return progress;
    if (plan.rule === "all at once, and none may fail")
      return count.failed + count.skipped > 0 ? failed(refusalOf(targets, count) ?? originalNotRemoved(count)) : done;
    return targets.length === 0 || hasSucceeded(room, count) ? done : failed(tooManyFailed(targets, count));
  };
}

/** Some targets, how they stand, and how many of them may be out of service. */
export interface Part {
  readonly targets: readonly Target[];
  readonly count: Tally;
  readonly room: Allowance;
}

/** Targets under a rule of their own. */
export function partOf(
  world: World,
  targets: readonly Target[],
  { events, rule }: Pick<RollOut, "events" | "rule">,
): Part {
  const room =
    rule === "all at once, and none may fail"
      ? { minimumHealthy: 0, unavailable: Number.POSITIVE_INFINITY }
      : allowance(rule, targets.length);
  return { targets, count: tally(world, targets, events), room };
}

/** Starts as many of the first part's targets as the rules of all parts allow; undefined when each of them has started and ended. */
export function startMore(
  world: World,
  [part, ...wholes]: readonly [Part, ...Part[]],
  events: readonly LifecycleEventName[],
): Progress | undefined {
  const { targets, count } = part;
  if (count.notStarted > 0) {
    const parts = [part, ...wholes];
    const whole = wholes.at(-1) ?? part;
    if (parts.some(({ room, count: counted }) => isExhausted(room, counted)))
      return failed(tooManyFailed(whole.targets, whole.count));
    const more = Math.min(...parts.map(({ room, count: counted }) => mayStart(room, counted)));
    if (more === 0) return { is: "waiting", for: "" };
    const because = Number.isFinite(more)
      ? `${count.inFlight} in flight and ${count.failed} failed leave room for ${more} more`
      : "all of them go at once";
    const waiting = targets.filter((target) => standingOf(world, target, events) === "notStarted");
    const free = waiting.filter((target) => busyWith(world, target) === undefined);
    if (free.length === 0) return { is: "waiting", for: waiting.map((target) => taken(world, target)).join(", ") };
    return due(...free.slice(0, more).flatMap((target) => start(world, target, { events, because })));
  }
  return count.inFlight > 0 ? { is: "waiting", for: "" } : undefined;
}

const taken = (world: World, target: Target) => `${target.id} to be free of ${busyWith(world, target) ?? ""}`;

function start(
  world: World,
  target: Target,
  { events, because }: { readonly events: readonly LifecycleEventName[]; readonly because: string },
): readonly Decision[] {
  const event = target.events.find(({ name }) => events.includes(name));
  return event === undefined ? [] : [run(world, target, { event, because })];
}

/** How far a target is with some of its events. */
export function standingOf(world: World, target: Target, events: readonly LifecycleEventName[]): keyof Tally {
  const own = target.events.filter(({ name }) => events.includes(name));
  if (target.status === "Succeeded" || own.length === 0) return "succeeded";
  if (target.status === "Pending") return "notStarted";
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
