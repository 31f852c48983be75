import type { PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import { type Access, type AccessTable, onAnyResource, requestTags } from "@sluice/aws-protocol";
import { alarmArn } from "./alarms.ts";
import type { CloudWatchContext } from "./context.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to CloudWatch touches (its service authorization reference): alarms by their names. */
export function cloudWatchAccesses(context: Pick<CloudWatchContext, "region" | "accountId">): AccessTable {
  const of =
    (member: string) =>
    (input: Input): readonly Access[] =>
      texts(input[member]).map((name) => ({ resource: alarmArn(context, name) }));
  const orAll = (member: string) => (input: Input) =>
    texts(input[member]).length === 0 ? [{ resource: alarmArn(context, "*") }] : of(member)(input);
  return {
    ...onAnyResource(["GetMetricStatistics", "ListMetrics"]),
    PutMetricData: ({ Namespace }) => [{ resource: "*", context: { "cloudwatch:namespace": texts(Namespace)[0] } }],
    PutMetricAlarm(input) {
      const {
        AlarmActions = [],
        OKActions = [],
        InsufficientDataActions = [],
        Tags = [],
      } = input as Partial<PutMetricAlarmCommandInput>; // decoded by the service's own table
      const actions = [...AlarmActions, ...OKActions, ...InsufficientDataActions];
      const context = { "cloudwatch:AlarmActions": actions, ...requestTags(Tags) };
      return of("AlarmName")(input).map((access) => ({ ...access, context }));
    },
    SetAlarmState: of("AlarmName"),
    DeleteAlarms: of("AlarmNames"),
    EnableAlarmActions: of("AlarmNames"),
    DisableAlarmActions: of("AlarmNames"),
    DescribeAlarms: orAll("AlarmNames"),
  };
}

const texts = (found: unknown): readonly string[] =>
  [found].flat().filter((one): one is string => typeof one === "string");
