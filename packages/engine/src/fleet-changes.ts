import { done, due, type Stage, walk } from "./course.ts";
import { add, find, hostsOf, isAlive } from "./stages.ts";
import type { Fleet, FleetLook, FleetMember, LifecycleEventName, Target, World } from "./world.ts";

// Instances come and go while a blue/green deployment waits: each fleet is looked up again before its traffic moves (deployments.md §7.4 rule 7).

/** A fleet of a blue/green deployment, as it is looked up again. */
export interface ChangingFleet {
  readonly label: "Blue" | "Green";
  readonly look: FleetLook;
  readonly because: string;
  /** Whether it may have gone altogether. */
  readonly mayBeEmpty: boolean;
  /** Instances that have come, and what is planned for them. */
  readonly comers: readonly (readonly [hosts: readonly FleetMember[], events: readonly LifecycleEventName[]])[];
}

/** Looks at a fleet once more: instances that have gone are left out, those that have come take part. */
export function lookAgain({ label, look, because, mayBeEmpty, comers }: ChangingFleet): Stage {
  return (world) => {
    const found = find(look, because)(world);
    const isNobody = found.is === "failed" && mayBeEmpty && isEmpty(world, look);
    if (found.is !== "done" && !isNobody) return found;
    const stages = [leaveOut(label), ...comers.map(([hosts, events]) => add({ hosts, events, label }))];
    return walk(stages, world);
  };
}

function isEmpty(world: World, look: FleetLook): boolean {
  const fleet = look === "selected again" ? world.fleetAgain : world.replacementAgain;
  return fleet !== undefined && "found" in fleet && hostsOf(world, look).length === 0;
}

/** An instance that has gone before its turn keeps nobody waiting. */
function leaveOut(label: "Blue" | "Green"): Stage {
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
  const fleet = label === "Green" ? world.replacementAgain : world.fleetAgain;
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
