import type { Target } from "./world.ts";

type Places = ReadonlyMap<string, number>;

/** Targets keep their places, and a list of them is never changed once it is out: where each is, is found out once for a deployment of a thousand hosts. */
const known = new WeakMap<readonly Target[], Places>();

function placesOf(targets: readonly Target[]): Places {
  const found = known.get(targets);
  if (found !== undefined) return found;
  const places = new Map(targets.map(({ id }, place) => [id, place]));
  known.set(targets, places);
  return places;
}

/** Where a target is in a list; undefined when it is not there. */
export const indexOfTarget = (targets: readonly Target[], id: string): number | undefined => placesOf(targets).get(id);

/** The target of an id; undefined when there is none. */
export function targetOf(targets: readonly Target[], id: string): Target | undefined {
  const place = indexOfTarget(targets, id);
  return place === undefined ? undefined : targets[place];
}

/** A copy with the same targets in the same places: each may be replaced by what it has become. */
export function copyTargets(targets: readonly Target[]): Target[] {
  const copy = [...targets];
  known.set(copy, placesOf(targets));
  return copy;
}
