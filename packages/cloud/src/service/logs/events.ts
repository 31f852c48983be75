import { Fault } from "@sluice/aws-protocol";
import { groupOf, type LogsContext, type LogsOperations, readToken } from "./context.ts";
import { filterPattern } from "./filter-pattern.ts";
import type { LogEventRow } from "./log-store.ts";

/** Lines on a page, CloudWatch's limit, and lines that one request scans. */
const pageMax = 10_000;

/** Operations on the lines of logs. */
export const eventOperations: LogsOperations = {
  PutLogEvents(context, { logGroupName, logStreamName = "", logEvents = [] }) {
    const { name } = groupOf(context, logGroupName);
    requireStream(context, name, logStreamName);
    const lines = logEvents.map(({ timestamp = context.clock(), message = "" }) => ({ timestamp, message }));
    context.logs.append({ group: name, stream: logStreamName }, lines);
    context.logs.flush();
    return { nextSequenceToken: "1" }; // old clients require it, although nothing reads it any more
  },

  GetLogEvents(context, input) {
    const { logStreamName = "", startTime, endTime, nextToken, limit = pageMax, startFromHead } = input;
    const { name } = groupOf(context, input.logGroupName, input.logGroupIdentifier);
    requireStream(context, name, logStreamName);
    const beyond = readToken(nextToken);
    const forward = nextToken === undefined ? startFromHead === true : nextToken.startsWith("f/");
    const rows = context.logs.find({
      group: name,
      streams: [logStreamName],
      from: startTime,
      to: endTime,
      beyond,
      direction: forward ? "forward" : "backward",
      limit: Math.min(limit, pageMax),
    });
    const [first, last] = [rows[0] ?? beyond, rows.at(-1) ?? beyond];
    return {
      events: rows.map(({ at, message, ingested_at }) => ({ timestamp: at, message, ingestionTime: ingested_at })),
      // As on AWS the same token is returned when there is nothing beyond it, which tells a reader that it is at the end.
      nextForwardToken: `f/${last?.at ?? 0}/${last?.id ?? 0}`,
      nextBackwardToken: `b/${first?.at ?? 0}/${first?.id ?? 0}`,
    };
  },

  FilterLogEvents(context, input) {
    const { logStreamNames, logStreamNamePrefix, startTime, endTime, nextToken, limit = pageMax } = input;
    const { name } = groupOf(context, input.logGroupName, input.logGroupIdentifier);
    if (logStreamNames !== undefined && logStreamNamePrefix !== undefined)
      throw new Fault("InvalidParameterException", "logStreamNames and logStreamNamePrefix exclude each other");
    const matches = filterPattern(input.filterPattern);
    const rows = context.logs.find({
      group: name,
      streams: logStreamNames ?? streamsWithPrefix(context, name, logStreamNamePrefix),
      // Unlike in GetLogEvents the last millisecond is included.
      from: startTime,
      to: endTime === undefined ? undefined : endTime + 1,
      beyond: readToken(nextToken),
      direction: "forward",
      limit: pageMax,
    });
    const found = rows.filter(({ message }) => matches(message));
    const page = found.slice(0, Math.min(limit, pageMax));
    const seen = page.length < found.length ? page.at(-1) : rows.length === pageMax ? rows.at(-1) : undefined;
    return {
      events: page.map(describe),
      searchedLogStreams: [],
      nextToken: seen === undefined ? undefined : `f/${seen.at}/${seen.id}`,
    };
  },
};

function describe({ id, stream, at, message, ingested_at }: LogEventRow) {
  return {
    logStreamName: stream,
    timestamp: at,
    message,
    ingestionTime: ingested_at,
    eventId: String(id).padStart(56, "0"),
  };
}

function requireStream({ db }: LogsContext, group: string, stream: string): void {
  if (db.get("SELECT 1 FROM log_streams WHERE group_name = ? AND name = ?", group, stream) === undefined)
    throw new Fault("ResourceNotFoundException", `The specified log stream does not exist: "${stream}"`);
}

function streamsWithPrefix(
  { db }: LogsContext,
  group: string,
  prefix: string | undefined,
): readonly string[] | undefined {
  if (prefix === undefined) return undefined;
  return db
    .all<{ name: string }>("SELECT name FROM log_streams WHERE group_name = ?", group)
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix));
}
