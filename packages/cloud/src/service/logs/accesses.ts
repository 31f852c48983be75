import { type Access, type AccessTable, requestTags } from "@sluice/aws-protocol";
import { groupNameOf, type LogsContext } from "./context.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to CloudWatch Logs touches (its service authorization reference): groups, and single streams where lines are written or read. */
export function logsAccesses({ region, accountId }: Pick<LogsContext, "region" | "accountId">): AccessTable {
  const arnOf = (group: string) => `arn:aws:logs:${region}:${accountId}:log-group:${group}`;
  const nameIn = ({ logGroupName, logGroupIdentifier }: Input) =>
    groupNameOf(text(logGroupName), text(logGroupIdentifier));
  // Policies write a group's ARN with and without the part for its streams.
  const group = (input: Input): readonly Access[] => {
    const arn = arnOf(nameIn(input));
    const tags = (input["tags"] ?? {}) as Readonly<Record<string, string>>; // decoded by the service's own table
    return [{ resource: arn, alias: `${arn}:log-stream:`, context: requestTags(tags) }];
  };
  const stream = (input: Input): readonly Access[] => {
    const arn = arnOf(nameIn(input));
    return [{ resource: `${arn}:log-stream:${text(input["logStreamName"]) ?? "*"}`, also: [arn] }];
  };
  return {
    CreateLogGroup: group,
    DeleteLogGroup: group,
    PutRetentionPolicy: group,
    DescribeLogStreams: group,
    FilterLogEvents: group,
    CreateLogStream: (input) =>
      group(input).map((access) => ({ ...access, also: stream(input).flatMap(({ resource }) => resource ?? []) })),
    PutLogEvents: stream,
    GetLogEvents: stream,
    DescribeLogGroups: () => [{ resource: `${arnOf("")}:log-stream:` }],
  };
}

const text = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);
