import { type Alarm, type AlarmState, comparisons } from "./alarm.ts";
import { byPeriod, type Point, statisticOf } from "./statistics.ts";

/** Periods before the evaluated ones that are considered when some of those have no data: late data count, too. */
const sparePeriods = 2;

/** The state that the data of an alarm call for. */
interface Verdict {
  readonly state: AlarmState;
  readonly reason: string;
  /** The newest value that was considered. */
  readonly value?: number | undefined;
}

/** How far back an evaluation looks, in milliseconds. */
export function reach({ periodSeconds, evaluationPeriods }: Alarm): number {
  return (evaluationPeriods + sparePeriods + 1) * periodSeconds * 1000;
}

/** Evaluates an alarm on the points of its metric. Returns undefined when nothing changes its state. */
export function evaluate(alarm: Alarm, points: readonly Point[], now: number): Verdict | undefined {
  const { periodSeconds, evaluationPeriods, missingData } = alarm;
  const wanted = alarm.unit === undefined ? points : points.filter(({ unit }) => unit === alarm.unit);
  const periods = byPeriod(wanted, periodSeconds);
  const current = Math.floor(now / (periodSeconds * 1000)) * periodSeconds * 1000;
  // The period that has just begun counts as soon as it has data.
  const newest = periods.has(current) ? current : current - periodSeconds * 1000;
  const look = (count: number) =>
    Array.from({ length: count }, (_, back) => newest - back * periodSeconds * 1000).map((start) => periods.get(start));
  const seen = look(evaluationPeriods);
  const found = look(evaluationPeriods + sparePeriods)
    .filter((point) => point !== undefined)
    .slice(0, evaluationPeriods);
  const missing = evaluationPeriods - found.length;
  if (missingData === "missing" || missingData === "ignore") {
    if (found.length > 0) return judge(alarm, found, 0);
    return missingData === "ignore" ? undefined : insufficient(missing);
  }
  const real = seen.filter((point) => point !== undefined);
  return judge(alarm, real, missingData === "breaching" ? evaluationPeriods - real.length : 0);
}

function judge(alarm: Alarm, found: readonly Point[], breachingByAbsence: number): Verdict {
  const { comparison, threshold, statistic, datapointsToAlarm } = alarm;
  const { words, holds } = comparisons[comparison];
  const values = found.map((point) => ({ at: point.at, value: statisticOf(point, statistic) }));
  const breaching = values.filter(({ value }) => holds(value, threshold));
  const isAlarm = breaching.length + breachingByAbsence >= datapointsToAlarm;
  const told = isAlarm ? breaching : values.filter(({ value }) => !holds(value, threshold));
  const list = told.map(({ at, value }) => `${decimal(value)} (${timeOf(at)})`).join(", ");
  const reason =
    `Threshold Crossed: ${told.length + (isAlarm ? breachingByAbsence : 0)} out of the last ${alarm.evaluationPeriods} datapoints` +
    `${list === "" ? "" : ` [${list}]`} ${told.length === 1 ? "was" : "were"} ${isAlarm ? "" : "not "}${words} the threshold (${decimal(threshold)})` +
    ` (minimum ${datapointsToAlarm} datapoint${datapointsToAlarm === 1 ? "" : "s"} for ${isAlarm ? "OK -> ALARM" : "ALARM -> OK"} transition).`;
  return {
    state: isAlarm ? "ALARM" : "OK",
    reason,
    value: values[0]?.value,
  };
}

function insufficient(missing: number): Verdict {
  const reason = `Insufficient Data: ${missing} datapoint${missing === 1 ? " was" : "s were"} unknown.`;
  return { state: "INSUFFICIENT_DATA", reason };
}

/** AWS writes every number here with a decimal point. */
const decimal = (value: number) => (Number.isInteger(value) ? `${value}.0` : String(value));

function timeOf(at: number): string {
  const [, year, month, day, time] =
    /^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(new Date(at).toISOString()) ?? [];
  return `${day}/${month}/${year} ${time}`;
}
