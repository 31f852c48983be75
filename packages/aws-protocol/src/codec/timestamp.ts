import { malformed } from "./malformed.ts";
import type { TimestampFormat } from "../service/model.ts";

const seconds = /^-?\d{1,15}(\.\d+)?(e\d{1,2})?$/i;
const dateTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const httpDate = /^[a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d GMT$/i;

/** A timestamp from its text in any of the three forms. Throws a SerializationException otherwise. */
export function parseTimestamp(text: string, path: string): Date {
  // The platform takes nearly any text for a date, "page 7" too.
  const date = seconds.test(text) ? new Date(Number(text) * 1000) : new Date(text);
  if (!(seconds.test(text) || dateTime.test(text) || httpDate.test(text)) || Number.isNaN(date.getTime()))
    throw malformed(path, text, "a timestamp");
  return date;
}

/** A timestamp's text in one of the three forms. */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === "date-time") return date.toISOString();
  if (format === "http-date") return date.toUTCString();
  return String(date.getTime() / 1000);
}
