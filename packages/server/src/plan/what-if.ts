import type { Assumptions, FleetMember, LifecycleEventName, Target } from "@sluice/engine";

/** Trouble that a plan is to be played with. */
export interface WhatIf {
  /** How many of the first hosts fail. */
  readonly failFirst?: number | undefined;
  /** Ids of hosts that fail. */
  readonly fail?: readonly string[] | undefined;
  /** An Availability Zone whose hosts do not answer. */
  readonly zoneDown?: string | undefined;
}

/** The event at which a host fails: the one that finds out whether the application works. */
const failingEvent: LifecycleEventName = "ValidateService";

/** Returns what becomes of which event; undefined when there is no trouble. Hosts that fail are counted as they begin. */
export function troubleOf({ failFirst = 0, fail = [], zoneDown }: WhatIf): Assumptions["troubleOf"] {
  if (failFirst === 0 && fail.length === 0 && zoneDown === undefined) return undefined;
  const named = new Set(fail);
  const first = new Set<string>();
  return (target, event) => {
    if (zoneDown !== undefined && target.zone === zoneDown) return "is silent";
    if (event !== eventThatFails(target)) return undefined;
    if (named.has(target.id)) return "fails";
    if (first.size < failFirst) first.add(target.id);
    return first.has(target.id) ? "fails" : undefined;
  };
}

/** Functions and services have no such event: there the last one fails. */
const eventThatFails = ({ events }: Target): LifecycleEventName | undefined =>
  events.some(({ name }) => name === failingEvent) ? failingEvent : events.at(-1)?.name;

/** Returns what is named and is not there; undefined when all of it is. */
export function unknownIn({ fail = [], zoneDown }: WhatIf, members: readonly FleetMember[]): string | undefined {
  const ids = new Set(members.map(({ id }) => id));
  const missing = fail.find((id) => !ids.has(id));
  if (missing !== undefined) return `"${missing}" is none of its ${members.length} hosts`;
  if (zoneDown === undefined || members.some(({ zone }) => zone === zoneDown)) return undefined;
  const zones = [...new Set(members.map(({ zone }) => zone ?? "none"))].toSorted();
  return `none of its hosts is in the zone "${zoneDown}"; they are in ${zones.join(", ") || "none"}`;
}
