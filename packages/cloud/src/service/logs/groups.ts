import { Fault } from "@sluice/aws-protocol";
import { type GroupRow, groupOf, type LogsContext, type LogsOperations } from "./context.ts";

/** The names that groups and streams may have. */
const groupName = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const streamName = /^[^:*]{1,512}$/;

/** Items on a page: CloudWatch's own limit. */
const pageMax = 50;

interface StreamRow {
  readonly name: string;
  readonly created_at: number;
  readonly first_at: number | null;
  readonly last_at: number | null;
  readonly ingested_at: number | null;
}

/** Operations on log groups and their streams. */
export const groupOperations: LogsOperations = {
  CreateLogGroup({ db, clock }, { logGroupName = "" }) {
    checkName(logGroupName, groupName, "logGroupName");
    if (db.run("INSERT INTO log_groups VALUES (?, ?, NULL) ON CONFLICT DO NOTHING", logGroupName, clock()) === 0)
      throw new Fault("ResourceAlreadyExistsException", "The specified log group already exists");
  },

  DeleteLogGroup(context, { logGroupName }) {
    const { name } = groupOf(context, logGroupName);
    context.db.transaction(() => {
      context.db.run("DELETE FROM log_events WHERE group_name = ?", name);
      context.db.run("DELETE FROM log_streams WHERE group_name = ?", name);
      context.db.run("DELETE FROM log_groups WHERE name = ?", name);
    });
  },

  DescribeLogGroups(context, { logGroupNamePrefix = "", logGroupNamePattern = "", nextToken = "", limit = pageMax }) {
    context.logs.flush();
    const rows = context.db
      .all<GroupRow>("SELECT * FROM log_groups WHERE name > ? ORDER BY name", nextToken)
      .filter(({ name }) => name.startsWith(logGroupNamePrefix) && name.includes(logGroupNamePattern));
    const page = rows.slice(0, Math.min(limit, pageMax));
    return {
      logGroups: page.map((row) => describeGroup(context, row)),
      nextToken: page.length < rows.length ? page.at(-1)?.name : undefined,
    };
  },

  CreateLogStream(context, { logGroupName, logStreamName = "" }) {
    const { name } = groupOf(context, logGroupName);
    checkName(logStreamName, streamName, "logStreamName");
    const added = context.db.run(
      "INSERT INTO log_streams VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      name,
      logStreamName,
      context.clock(),
    );
    if (added === 0) throw new Fault("ResourceAlreadyExistsException", "The specified log stream already exists");
  },

  DescribeLogStreams(context, input) {
    const { logStreamNamePrefix = "", orderBy, descending = false, nextToken, limit = pageMax } = input;
    const { name } = groupOf(context, input.logGroupName, input.logGroupIdentifier);
    const rows = context.db
      .all<StreamRow>(
        `SELECT name, created_at, MIN(at) AS first_at, MAX(at) AS last_at, MAX(ingested_at) AS ingested_at
         FROM log_streams LEFT JOIN log_events ON log_events.group_name = log_streams.group_name AND stream = name
         WHERE log_streams.group_name = ? GROUP BY name ORDER BY name`,
        name,
      )
      .filter((row) => row.name.startsWith(logStreamNamePrefix));
    const sorted = orderBy === "LastEventTime" ? rows.toSorted((a, b) => (a.last_at ?? 0) - (b.last_at ?? 0)) : rows;
    const ordered = descending ? sorted.toReversed() : sorted;
    const start = nextToken === undefined ? 0 : ordered.findIndex((row) => row.name === nextToken) + 1;
    const page = ordered.slice(start, start + Math.min(limit, pageMax));
    return {
      logStreams: page.map((row) => describeStream(context, name, row)),
      nextToken: start + page.length < ordered.length ? page.at(-1)?.name : undefined,
    };
  },

  PutRetentionPolicy(context, { logGroupName, retentionInDays }) {
    const { name } = groupOf(context, logGroupName);
    if (retentionInDays === undefined || !retentionDays.includes(retentionInDays))
      throw new Fault(
        "InvalidParameterException",
        `retentionInDays is ${retentionInDays}, and must be one of ${retentionDays.join(", ")}`,
      );
    context.db.run("UPDATE log_groups SET retention = ? WHERE name = ?", retentionInDays, name);
  },
};

/** The retentions that CloudWatch allows, in days. */
const retentionDays: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

function checkName(name: string, pattern: RegExp, member: string): void {
  if (!pattern.test(name))
    throw new Fault(
      "InvalidParameterException",
      `1 validation error detected: Value '${name.slice(0, 80)}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`,
    );
}

const arnOf = ({ region, accountId }: LogsContext, group: string) =>
  `arn:aws:logs:${region}:${accountId}:log-group:${group}`;

function describeGroup(context: LogsContext, { name, created_at, retention }: GroupRow) {
  const arn = arnOf(context, name);
  return {
    logGroupName: name,
    creationTime: created_at,
    metricFilterCount: 0,
    arn: `${arn}:*`,
    logGroupArn: arn,
    logGroupClass: "STANDARD" as const,
    retentionInDays: retention ?? undefined,
  };
}

function describeStream(context: LogsContext, group: string, row: StreamRow) {
  return {
    logStreamName: row.name,
    creationTime: row.created_at,
    arn: `${arnOf(context, group)}:log-stream:${row.name}`,
    storedBytes: 0, // CloudWatch has answered 0 here since 2019
    firstEventTimestamp: row.first_at ?? undefined,
    lastEventTimestamp: row.last_at ?? undefined,
    lastIngestionTime: row.ingested_at ?? undefined,
  };
}
