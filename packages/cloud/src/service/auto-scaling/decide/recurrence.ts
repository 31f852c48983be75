import { Fault } from "@sluice/aws-protocol";

// Recurrences are in cron's own form: minute, hour, day of month, month, day of week.

const fields = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of month", least: 1, most: 31, names: [] },
  {
    name: "month",
    least: 1,
    most: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of week", least: 0, most: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

const minuteMilliseconds = 60_000;

/** A recurrence that does not come within so many days, like the 30th of February, never does. */
const daysMax = 366 * 4 + 1;

/** The first moment after another one that a recurrence matches, on the clocks of a time zone; undefined when there is none. A Fault when it is none. */
export function nextMatch(recurrence: string, after: number, timeZone: string): number | undefined {
  const [minutes, hours, days, months, weekdays] = parse(recurrence);
  const clock = clockOf(timeZone);
  const isDayAny = recurrence.trim().split(/\s+/)[2] === "*";
  const isWeekdayAny = recurrence.trim().split(/\s+/)[4] === "*";
  let at = (Math.floor(after / minuteMilliseconds) + 1) * minuteMilliseconds;
  const end = at + daysMax * 24 * 60 * minuteMilliseconds;
  while (at < end) {
    const { minute, hour, day, month, weekday } = clock(at);
    const isDay = days.has(day);
    const isWeekday = weekdays.has(weekday) || (weekday === 0 && weekdays.has(7));
    // Where both days are given, either will do: cron's oldest oddity.
    const isToday = months.has(month) && (isDayAny || isWeekdayAny ? isDay && isWeekday : isDay || isWeekday);
    if (isToday && hours.has(hour) && minutes.has(minute)) return at;
    at += (isToday && hours.has(hour) ? 1 : 60 - minute) * minuteMilliseconds;
  }
  return undefined;
}

type Sets = readonly [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];

function parse(recurrence: string): Sets {
  const parts = recurrence.trim().split(/\s+/);
  const sets = fields.map((field, index) => parts.length === fields.length && valuesOf(parts[index] ?? "", field));
  if (sets.some((set) => set === false || set.size === 0))
    throw new Fault(
      "ValidationError",
      `Given recurrence string:"${recurrence.slice(0, 100)}" is invalid: minute, hour, day of month, month and day of week are wanted, as cron has them`,
    );
  return sets as unknown as Sets; // five fields, none of them false
}

function valuesOf(text: string, { least, most, names }: (typeof fields)[number]): Set<number> {
  const values = new Set<number>();
  const number = (word: string) => {
    const named = (names as readonly string[]).indexOf(word.toLowerCase());
    return named >= 0 ? named + least : /^\d{1,2}$/.test(word) ? Number(word) : NaN;
  };
  for (const part of text.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [from = "", to] = range.split("-");
    const first = from === "*" ? least : number(from);
    const last = from === "*" || (to === undefined && part.includes("/")) ? most : number(to ?? from);
    if (!(first >= least && last <= most && first <= last && Number(step) >= 1)) return new Set();
    for (let value = first; value <= last; value += Number(step)) values.add(value);
  }
  return values;
}

function clockOf(timeZone: string) {
  const format = formatOf(timeZone);
  return (at: number) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const [year, month, day] = [Number(parts["year"]), Number(parts["month"]), Number(parts["day"])];
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
    return { minute: Number(parts["minute"]), hour: Number(parts["hour"]), day, month, weekday };
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = "numeric" as const;
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
    });
  } catch (cause) {
    throw new Fault("ValidationError", `The time zone "${timeZone.slice(0, 64)}" is not known`, { cause });
  }
}
