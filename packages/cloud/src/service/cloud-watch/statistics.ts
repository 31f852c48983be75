/** The statistics that are computed. */
export type Statistic = "SampleCount" | "Average" | "Sum" | "Minimum" | "Maximum";

/** Values of a metric at one time, combined. */
export interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly unit: string;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

/** Returns the points of each period combined into one, by the start of the period. */
export function byPeriod(points: readonly Point[], periodSeconds: number): ReadonlyMap<number, Point> {
  const periods = new Map<number, Point>();
  for (const point of points) {
    const at = Math.floor(point.at / (periodSeconds * 1000)) * periodSeconds * 1000;
    const before = periods.get(at);
    periods.set(at, {
      at,
      unit: point.unit,
      sum: (before?.sum ?? 0) + point.sum,
      minimum: Math.min(before?.minimum ?? Infinity, point.minimum),
      maximum: Math.max(before?.maximum ?? -Infinity, point.maximum),
      count: (before?.count ?? 0) + point.count,
    });
  }
  return periods;
}

/** Returns one statistic of a point. */
export function statisticOf({ sum, minimum, maximum, count }: Point, statistic: Statistic): number {
  switch (statistic) {
    case "SampleCount":
      return count;
    case "Average":
      return sum / count;
    case "Sum":
      return sum;
    case "Minimum":
      return minimum;
    case "Maximum":
      return maximum;
  }
}
