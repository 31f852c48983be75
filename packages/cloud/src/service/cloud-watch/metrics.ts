import type { Datapoint, MetricDatum } from "@aws-sdk/client-cloudwatch";
import { Fault } from "@sluice/aws-protocol";
import type { CloudWatchOperations } from "./context.ts";
import { byPeriod, type Point, statisticOf } from "./statistics.ts";

/** CloudWatch's own limits. */
const dataMax = 1_000;
const valuesMax = 150;
const dimensionsMax = 30;
const pointsMax = 1_440;
const oldestMilliseconds = 14 * 86_400_000;
const newestMilliseconds = 2 * 3_600_000;

/** Operations on data. */
export const metricOperations: CloudWatchOperations = {
  PutMetricData({ metrics, keeper, clock }, { Namespace = "", MetricData = [] }) {
    if (!/^[^:][\s\S]{0,254}$/.test(Namespace) || Namespace.startsWith("AWS/"))
      throw new Fault(
        "InvalidParameterValue",
        `The namespace '${Namespace}' is not valid, or is reserved for AWS's services`,
      );
    if (MetricData.length > dataMax)
      throw new Fault(
        "InvalidParameterValue",
        `At most ${dataMax} data can be put at once, and these are ${MetricData.length}`,
      );
    const now = clock();
    const checked = MetricData.map((datum) => ({
      metric: { namespace: Namespace, name: datum.MetricName ?? "", dimensions: datum.Dimensions ?? [] },
      point: pointOf(datum, now),
    }));
    metrics.add(checked, now);
    keeper.dataCame(checked.map(({ metric }) => metric));
  },

  GetMetricStatistics({ metrics }, input) {
    const {
      Namespace = "",
      MetricName = "",
      Dimensions = [],
      StartTime,
      EndTime,
      Period = 60,
      Statistics = [],
    } = input;
    if (StartTime === undefined || EndTime === undefined || StartTime >= EndTime)
      throw new Fault("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.");
    if (!(Period >= 1)) throw new Fault("InvalidParameterValue", `Period '${Period}' must be at least 1`);
    if (Statistics.length === 0) throw new Fault("MissingParameter", "At least one of Statistics must be specified");
    const [from, to] = [StartTime.getTime(), EndTime.getTime()];
    if ((to - from) / (Period * 1000) > pointsMax)
      throw new Fault(
        "InvalidParameterCombination",
        `You have requested more than ${pointsMax} datapoints; take a longer period`,
      );
    const points = metrics
      .points({ namespace: Namespace, name: MetricName, dimensions: Dimensions }, from, to)
      .filter(({ unit }) => input.Unit === undefined || unit === input.Unit);
    return {
      Label: MetricName,
      Datapoints: [...byPeriod(points, Period).values()].map((point): Datapoint => ({
        Timestamp: new Date(point.at),
        Unit: point.unit as NonNullable<Datapoint["Unit"]>, // as it was put
        ...Object.fromEntries(Statistics.map((name) => [name, statisticOf(point, name)])),
      })),
    };
  },

  ListMetrics({ metrics }, { Namespace, MetricName, Dimensions = [] }) {
    return {
      Metrics: metrics
        .metrics()
        .filter(({ namespace }) => Namespace === undefined || namespace === Namespace)
        .filter(({ name }) => MetricName === undefined || name === MetricName)
        .filter(({ dimensions }) =>
          Dimensions.every(({ Name, Value }) =>
            dimensions.some((one) => one.Name === Name && (Value === undefined || one.Value === Value)),
          ),
        )
        .map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: [...dimensions],
        })),
    };
  },
};

function pointOf(datum: MetricDatum, now: number): Point {
  const { MetricName = "", Dimensions = [], Timestamp, Value, Values, Counts, StatisticValues, Unit = "None" } = datum;
  if (MetricName === "" || MetricName.length > 255)
    throw new Fault("InvalidParameterValue", "A metric's name has 1 to 255 characters");
  if (Dimensions.length > dimensionsMax)
    throw new Fault("InvalidParameterValue", `A metric has at most ${dimensionsMax} dimensions`);
  const at = Timestamp?.getTime() ?? now;
  if (at < now - oldestMilliseconds || at > now + newestMilliseconds)
    throw new Fault(
      "InvalidParameterValue",
      `The timestamp '${Timestamp?.toISOString()}' must be within the last two weeks, or the next two hours`,
    );
  if (StatisticValues !== undefined) {
    const { Sum = 0, Minimum = 0, Maximum = 0, SampleCount = 0 } = StatisticValues;
    return finite({ at, unit: Unit, sum: Sum, minimum: Minimum, maximum: Maximum, count: SampleCount });
  }
  const values = Values ?? (Value === undefined ? [] : [Value]);
  if (values.length === 0 || values.length > valuesMax)
    throw new Fault("MissingParameter", `A datum has a Value, 1 to ${valuesMax} Values, or StatisticValues`);
  const counts = Counts ?? values.map(() => 1);
  if (counts.length !== values.length)
    throw new Fault("InvalidParameterValue", `There are ${counts.length} Counts for ${values.length} Values`);
  return finite({
    at,
    unit: Unit,
    sum: values.reduce((sum, value, index) => sum + value * (counts[index] ?? 0), 0),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    count: counts.reduce((sum, count) => sum + count, 0),
  });
}

function finite(point: Point): Point {
  const isFinite = [point.sum, point.minimum, point.maximum].every(Number.isFinite) && point.count > 0;
  if (!isFinite)
    throw new Fault("InvalidParameterValue", "A datum's values must be finite numbers, and their count above 0");
  return point;
}
