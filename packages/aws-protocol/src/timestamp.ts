import { malformed } from "./malformed.ts";
import type { TimestampFormat } from "./model.ts";

/** A timestamp from its text in any of the three forms. Throws a SerializationException otherwise. */
export function parseTimestamp(text: string, path: string): Date {
  const date = /^-?\d+(\.\d+)?(e\d+)?$/i.test(text) ? new Date(Number(text) * 1000) : new Date(text);
  if (Number.isNaN(date.getTime())) throw malformed(path, text, "a timestamp");
  return date;
}

/** A timestamp's text in one of the three forms. */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === "date-time") return date.toISOString();
  if (format === "http-date") return date.toUTCString();
  return String(date.getTime() / 1000);
}
