import type { Assumptions, FleetMember, FleetQuery } from "@sluice/engine";
import { assumedEventMilliseconds, assumedStepMilliseconds, type KnownDurations } from "./known-durations.ts";

/** What a forecast is made with. */
export interface Assumed {
  readonly known: KnownDurations;
  readonly fleets: Readonly<Partial<Record<FleetQuery, readonly FleetMember[] | undefined>>>;
}

/** Returns assumptions by which everything lasts as long as it has lasted before, and nothing goes wrong. */
export const assumptionsOf = ({ known, fleets }: Assumed): Assumptions => ({
  eventMilliseconds: (_target, event) => known.events.get(event) ?? assumedEventMilliseconds,
  stepMilliseconds: (step) => known.steps.get(step) ?? assumedStepMilliseconds,
  fleetOf: (query) => fleets[query],
});

/** Returns the instances that a copied Auto Scaling group is assumed to have: as many as the original one. */
export const copyOf = (originals: readonly FleetMember[]): readonly FleetMember[] =>
  originals.map(({ zone }, place) => {
    const id = `new-instance-${place + 1}`;
    const known = { health: "Unhealthy", revision: "Unknown", tieBreaker: place } as const;
    return { id, arn: id, hostIdentifier: id, zone, state: "running", ...known };
  });

/** Says where durations come from. */
export const basisInWords = ({ from }: KnownDurations): string =>
  from.length === 0
    ? `durations: no deployment of this group has succeeded yet; ${assumedEventMilliseconds / 1_000} s are assumed for each event`
    : `durations: medians of ${from.join(", ")}`;
