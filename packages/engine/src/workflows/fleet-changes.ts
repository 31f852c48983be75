import { done, due, type Stage, firstPending } from "./workflow.ts";
import { addTargets, findFleet, hostsOf, isAlive } from "./stages.ts";
import type { Fleet, FleetQuery, FleetMember, LifecycleEventName, Target, World } from "../world.ts";

// Instances come and go while a blue/green deployment waits: each fleet is looked up again before its traffic moves (deployments.md §7.4 rule 7).

/** A fleet of a blue/green deployment, as it is looked up again. */
export interface FleetRefresh {
  readonly label: "Blue" | "Green";
  readonly query: FleetQuery;
  readonly because: string;
  /** Whether it may have gone altogether. */
  readonly mayBeEmpty: boolean;
  /** Instances that have come, and what is planned for them. */
  readonly joined: readonly (readonly [hosts: readonly FleetMember[], events: readonly LifecycleEventName[]])[];
}

/** Looks at a fleet once more: instances that have gone are left out, those that have come take part. */
export function refreshFleet({ label, query, because, mayBeEmpty, joined }: FleetRefresh): Stage {
  return (world) => {
    const found = findFleet(query, because)(world);
    const isNobody = found.is === "failed" && mayBeEmpty && isEmpty(world, query);
    if (found.is !== "done" && !isNobody) return found;
    const stages = [skipDeparted(label), ...joined.map(([hosts, events]) => addTargets({ hosts, events, label }))];
    return firstPending(stages, world);
  };
}

function isEmpty(world: World, query: FleetQuery): boolean {
  const fleet = world.fleets?.[query];
  return fleet !== undefined && "found" in fleet && hostsOf(world, query).length === 0;
}

/** An instance that has gone before its turn keeps nobody waiting. */
function skipDeparted(label: "Blue" | "Green"): Stage {
  return (world) => {
    const gone = world.targets.filter(
      (target) =>
        target.label === label &&
        (target.status === "Pending" || target.status === "Ready") &&
        !isStillThere(target, world),
    );
    if (gone.length === 0) return done;
    const because = `the instance had left the ${label === "Green" ? "replacement" : "original"} fleet when its traffic was to move`;
    return due(
      ...gone.map(({ id }) => ({ do: "settle target", target: id, as: "Skipped", because }) as const),
      ...gone.map(({ id }) => ({ do: "warn", because: `${id} was left out: ${because}` }) as const),
    );
  };
}

/** Whether a target is still an instance of its fleet, as far as anybody has looked again. */
export function isStillThere({ id, label, events }: Target, world: World): boolean {
  if (events.some(({ isHostGone }) => isHostGone === true && label === "Blue")) return false;
  const fleet = world.fleets?.[label === "Green" ? "replacementAgain" : "selectedAgain"];
  return fleet === undefined || "error" in fleet || presentIn(fleet).has(id);
}

/** What has been found of a fleet is never changed: who is in it is read once, and not again for each of a thousand targets. */
const present = new WeakMap<object, ReadonlySet<string>>();

function presentIn(fleet: Fleet & { readonly found: readonly FleetMember[] }): ReadonlySet<string> {
  const known = present.get(fleet);
  if (known !== undefined) return known;
  const ids = new Set(fleet.found.filter(isAlive).map(({ id }) => id));
  present.set(fleet, ids);
  return ids;
}
