import type { Dimension } from "@aws-sdk/client-cloudwatch";
import type { CloudDatabase } from "../../store/database.ts";
import type { Point } from "./statistics.ts";

/** How long data are kept, in milliseconds: long enough for any alarm of a laptop's life. */
const keptMilliseconds = 3 * 86_400_000;

/** A metric. Other dimensions make another metric. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** Values of one metric that have come in. */
interface Datum {
  readonly metric: Metric;
  readonly point: Point;
}

/** The data of all metrics. */
export class MetricStore {
  readonly #db: CloudDatabase;

  constructor(db: CloudDatabase) {
    this.#db = db;
  }

  /** Stores data in one transaction: a transaction for each would wait for the disk as often, and everybody with it. */
  add(data: readonly Datum[], now: number): void {
    this.#db.transaction(() => {
      this.#db.run("DELETE FROM metric_points WHERE at < ?", now - keptMilliseconds);
      for (const { metric, point } of data) {
        const { at, unit, sum, minimum, maximum, count } = point;
        this.#db.run(
          "INSERT INTO metric_points VALUES (?, ?, ?, ?, ?, ?, ?)",
          keyOf(metric),
          at,
          unit,
          sum,
          minimum,
          maximum,
          count,
        );
      }
    });
  }

  /** Returns points from one time, inclusive, to another, exclusive. */
  points(metric: Metric, from: number, to: number): readonly Point[] {
    return this.#db.all<Point>(
      "SELECT at, unit, sum, minimum, maximum, count FROM metric_points WHERE metric = ? AND at >= ? AND at < ? ORDER BY at",
      keyOf(metric),
      from,
      to,
    );
  }

  metrics(): readonly Metric[] {
    return this.#db
      .all<{ metric: string }>("SELECT DISTINCT metric FROM metric_points ORDER BY metric")
      .map(({ metric }) => {
        const [namespace, name, dimensions] = JSON.parse(metric) as [string, string, [string, string][]]; // written by keyOf
        return { namespace, name, dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })) };
      });
  }
}

/** Returns the same text for a metric in whatever order its dimensions are given. */
export function keyOf({ namespace, name, dimensions }: Metric): string {
  const pairs = dimensions.map(({ Name = "", Value = "" }) => [Name, Value] as const);
  return JSON.stringify([namespace, name, pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}
