import { Fault } from "@sluice/aws-protocol";
import { Cron } from "croner";

/** Characters of a recurrence: Auto Scaling's limit. */
const charactersMax = 255;

/** A field of a recurrence: a list of values, ranges and `*`, with steps. Other programs' extensions, such as `L` and `?`, are not cron's. */
const value = "(?:\\d{1,2}|[a-z]{3})";
const part = `(?:\\*|${value}(?:-${value})?)(?:/\\d{1,2})?`;
const field = `${part}(?:,${part})*`;
const fiveFields = new RegExp(`^${field}(?:\\s+${field}){4}$`, "i");

/**
 * Returns the first time after another one that a recurrence matches on the clocks of a time zone, in milliseconds since
 * the epoch, or undefined when it never does. The recurrence is cron's: minute, hour, day of month, month, day of week;
 * where both days are given, either will do. A time that summer time skips comes when the clocks have moved. Throws a Fault
 * for what is no recurrence.
 */
export function nextMatch(recurrence: string, after: number, timeZone: string): number | undefined {
  checkTimeZone(timeZone);
  return cronOf(recurrence, timeZone).nextRun(new Date(after))?.getTime();
}

function cronOf(recurrence: string, timezone: string): Cron {
  try {
    if (recurrence.length > charactersMax || !fiveFields.test(recurrence.trim()))
      throw new TypeError("It must have five fields");
    return new Cron(recurrence.trim(), { timezone, mode: "5-part", sloppyRanges: true, paused: true });
  } catch (cause) {
    throw new Fault(
      "ValidationError",
      `Given recurrence string:"${recurrence.slice(0, 100)}" is invalid: it must have the five fields of cron, which are minute, hour, day of month, month and day of week`,
      { cause },
    );
  }
}

function checkTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat("en-US", { timeZone }).format(0);
  } catch (cause) {
    throw new Fault("ValidationError", `The time zone "${timeZone.slice(0, 64)}" is not known`, { cause });
  }
}
