import { malformed } from "./malformed.ts";
import type { TimestampFormat } from "../service/model.ts";

const seconds = /^-?\d{1,15}(\.\d+)?(e\d{1,2})?$/i;
const dateTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const httpDate = /^[a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d GMT$/i;

/** Parses a timestamp in any of the three formats. Throws SerializationException otherwise. */
export function parseTimestamp(text: string, path: string): Date {
  // `Date` accepts nearly any text, "page 7" included.
  const date = seconds.test(text) ? new Date(Number(text) * 1000) : new Date(text);
  if (!(seconds.test(text) || dateTime.test(text) || httpDate.test(text)) || Number.isNaN(date.getTime()))
    throw malformed(path, text, "a timestamp");
  return date;
}

/** Formats a timestamp. */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === "date-time") return date.toISOString();
  if (format === "http-date") return date.toUTCString();
  return String(date.getTime() / 1000);
}
