/**
 * How traffic moves to a new version (deployments.md §11.3): all of it, a part and the rest later, or equal parts one
 * after the other.
 */
export type TrafficRouting =
  | { readonly type: "AllAtOnce" }
  | { readonly type: "TimeBasedCanary" | "TimeBasedLinear"; readonly percent: number; readonly minutes: number };

/** How much of the traffic must have moved at a time, in percent. */
export interface Shift {
  readonly percent: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const minute = 60_000;

/**
 * Returns the shifts of a routing that begins at `from`; the last one is to 100 percent. `timeScale` is how many of its
 * minutes pass in one.
 */
export function shiftsOf(routing: TrafficRouting, from: number, timeScale = 1): readonly Shift[] {
  const interval = (minutes: number) => (minutes * minute) / timeScale;
  switch (routing.type) {
    case "AllAtOnce":
      return [{ percent: 100, at: from }];
    case "TimeBasedCanary":
      return [
        { percent: routing.percent, at: from },
        { percent: 100, at: from + interval(routing.minutes) },
      ];
    case "TimeBasedLinear": {
      const { percent, minutes } = routing;
      const count = Math.ceil(100 / percent);
      return Array.from({ length: count }, (_, index) => ({
        percent: Math.min(100, (index + 1) * percent),
        at: from + index * interval(minutes),
      }));
    }
  }
}

/** Returns what follows in a sentence about the traffic of now: the next shift and its time. Empty after the last one. */
export function nextShiftInWords(shifts: readonly Shift[], now: number): string {
  const next = shifts.find(({ at }) => at > now);
  return next === undefined ? "" : `, and ${next.percent} % at ${new Date(next.at).toISOString()}`;
}

/** Returns how much of the traffic must have moved by now, in percent; 0 before the first shift. */
export const percentDue = (shifts: readonly Shift[], now: number): number =>
  shifts.findLast(({ at }) => at <= now)?.percent ?? 0;
