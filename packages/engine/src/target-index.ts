import type { Target } from "./world.ts";

type Places = ReadonlyMap<string, number>;

/**
 * Targets keep their positions, and a published list is never changed: an index is built once for each list, because a
 * deployment may have a thousand hosts.
 */
const indexes = new WeakMap<readonly Target[], Places>();

function placesOf(targets: readonly Target[]): Places {
  const cached = indexes.get(targets);
  if (cached !== undefined) return cached;
  const places = new Map(targets.map(({ id }, place) => [id, place]));
  indexes.set(targets, places);
  return places;
}

/** Returns the position of a target in a list; undefined when it is not there. */
export const indexOfTarget = (targets: readonly Target[], id: string): number | undefined => placesOf(targets).get(id);

/** Returns the target of an id; undefined when there is none. */
export function targetOf(targets: readonly Target[], id: string): Target | undefined {
  const place = indexOfTarget(targets, id);
  return place === undefined ? undefined : targets[place];
}

/**
 * Returns a copy of the list with the same targets at the same positions. Its elements may be replaced by newer
 * versions of themselves.
 */
export function copyTargets(targets: readonly Target[]): Target[] {
  const copy = [...targets];
  indexes.set(copy, placesOf(targets));
  return copy;
}
