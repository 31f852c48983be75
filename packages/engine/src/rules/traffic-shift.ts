/** How traffic moves to a new version (deployments.md §11.3): all of it, a part and after a time the rest, or the same part again and again. */
export type TrafficRouting =
  | { readonly type: "AllAtOnce" }
  | { readonly type: "TimeBasedCanary" | "TimeBasedLinear"; readonly percent: number; readonly minutes: number };

/** A moment at which so much of the traffic has moved. */
export interface Shift {
  readonly percent: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const minute = 60_000;

/** The shifts of a routing that begins at a moment; the last one is to 100. `timeScale` is how many of its minutes pass in one. */
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

/** How much of the traffic should have moved by now; 0 before the first shift. */
export const percentDue = (shifts: readonly Shift[], now: number): number =>
  shifts.findLast(({ at }) => at <= now)?.percent ?? 0;
