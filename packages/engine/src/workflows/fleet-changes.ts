import { done, due, type Stage, firstPending } from "./workflow.ts";
import { addTargets, findFleet, hostsOf, isAlive } from "./stages.ts";
import type { Fleet, FleetQuery, FleetMember, LifecycleEventName, Target, World } from "../world.ts";

// Instances come and go while a blue/green deployment waits: each fleet is queried again before its traffic moves
// (deployments.md §7.4 rule 7).

/** How a fleet of a blue/green deployment is queried again. */
export interface FleetRefresh {
  readonly label: "Blue" | "Green";
  readonly query: FleetQuery;
  readonly because: string;
  /** Whether the fleet may be empty by now. */
  readonly mayBeEmpty: boolean;
  /** Instances that have joined, and the events that are planned for them. */
  readonly joined: readonly (readonly [hosts: readonly FleetMember[], events: readonly LifecycleEventName[]])[];
}

/** Queries a fleet again: instances that have gone are skipped, those that have joined become targets. */
export function refreshFleet({ label, query, because, mayBeEmpty, joined }: FleetRefresh): Stage {
  return (world) => {
    const progress = findFleet(query, because)(world);
    const isNobody = progress.is === "failed" && mayBeEmpty && isEmpty(world, query);
    if (progress.is !== "done" && !isNobody) return progress;
    const stages = [skipDeparted(label), ...joined.map(([hosts, events]) => addTargets({ hosts, events, label }))];
    return firstPending(stages, world);
  };
}

function isEmpty(world: World, query: FleetQuery): boolean {
  const fleet = world.fleets?.[query];
  return fleet !== undefined && "found" in fleet && hostsOf(world, query).length === 0;
}

/** Skips instances that have gone before their turn. */
function skipDeparted(label: "Blue" | "Green"): Stage {
  return (world) => {
    const gone = world.targets.filter(
      (target) =>
        target.label === label &&
        (target.status === "Pending" || target.status === "Ready") &&
        !isStillInFleet(target, world),
    );
    if (gone.length === 0) return done;
    const because = `the instance had left the ${label === "Green" ? "replacement" : "original"} fleet when its traffic was to move`;
    return due(
      ...gone.map(({ id }) => ({ do: "settle target", target: id, as: "Skipped", because }) as const),
      ...gone.map(({ id }) => ({ do: "warn", because: `${id} was left out: ${because}` }) as const),
    );
  };
}

/** Whether a target is still an instance of its fleet, as far as the fleet has been queried again. */
export function isStillInFleet({ id, label, events }: Target, world: World): boolean {
  if (events.some(({ isHostGone }) => isHostGone === true && label === "Blue")) return false;
  const fleet = world.fleets?.[label === "Green" ? "replacementAgain" : "selectedAgain"];
  return fleet === undefined || "error" in fleet || idsIn(fleet).has(id);
}

/** The result of a fleet query is never changed: its ids are collected once, not for each of a thousand targets. */
const present = new WeakMap<object, ReadonlySet<string>>();

function idsIn(fleet: Fleet & { readonly found: readonly FleetMember[] }): ReadonlySet<string> {
  const cached = present.get(fleet);
  if (cached !== undefined) return cached;
  const ids = new Set(fleet.found.filter(isAlive).map(({ id }) => id));
  present.set(fleet, ids);
  return ids;
}
