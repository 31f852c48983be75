import type { Service } from "@sluice/aws-protocol";
import { ask } from "./ask.ts";
import { each, plain, type Rows, tagged } from "./row.ts";

const account = "123456789012";
const inRegion = (service: string, path: string) => `arn:aws:${service}:eu-west-1:${account}:${path}`;

/** What operations of CloudWatch touch. */
export function cloudWatchRows(): Rows {
  const alarm = [inRegion("cloudwatch", "alarm:high")];
  return {
    ...each("PutMetricAlarm SetAlarmState", plain(alarm, { AlarmName: "high" })),
    ...each(
      "DeleteAlarms EnableAlarmActions DisableAlarmActions DescribeAlarms",
      plain(alarm, { AlarmNames: ["low", "high"] }),
    ),
    ...each("PutMetricData GetMetricStatistics ListMetrics", "nothing"),
  };
}

/** What operations of CloudWatch Logs touch. */
export function logsRows(): Rows {
  const group = inRegion("logs", "log-group:/app/web");
  const spelled = [
    ...[{ logGroupName: "/app/web" }, { logGroupIdentifier: "/app/web" }, { logGroupIdentifier: group }],
    ...[
      { logGroupIdentifier: `${group}:*` },
      { logGroupIdentifier: "arn:aws:logs:us-east-1:210987654321:log-group:/app/web" },
    ],
  ];
  const stream = { logStreamName: "one" };
  return {
    ...each(
      "CreateLogGroup DeleteLogGroup PutRetentionPolicy",
      plain([group, `${group}:*`], { logGroupName: "/app/web" }),
    ),
    ...each("DescribeLogStreams FilterLogEvents", plain([group, `${group}:*`], ...spelled)),
    CreateLogStream: plain([group, `${group}:*`, `${group}:log-stream:one`], { logGroupName: "/app/web", ...stream }),
    PutLogEvents: plain([`${group}:log-stream:one`, group], { logGroupName: "/app/web", ...stream }),
    GetLogEvents: plain([`${group}:log-stream:one`, group], ...spelled.map((name) => ({ ...name, ...stream }))),
    DescribeLogGroups: plain([inRegion("logs", "log-group:*")], {}),
  };
}

/** What operations of Systems Manager touch. */
export function ssmRows(): Rows {
  const [arn, short] = [inRegion("ssm", "parameter/app/key"), inRegion("ssm", "parameter/key")];
  const spelled = ["/app/key", "/app/key:3", arn, "arn:aws:ssm:us-east-1:210987654321:parameter/app/key"];
  return {
    ...each("PutParameter DeleteParameter", plain([arn], { Name: "/app/key" })),
    GetParameter: plain([arn], ...spelled.map((Name) => ({ Name }))),
    GetParameters: plain([arn, short], ...spelled.map((Name) => ({ Names: ["key", Name] }))),
    GetParametersByPath: plain([inRegion("ssm", "parameter/app")], { Path: "/app" }, { Path: "/app/" }),
    DescribeParameters: "nothing",
  };
}

/** What operations of SNS touch. */
export async function snsRows(service: Service): Promise<Rows> {
  const make = (operation: string, input: Readonly<Record<string, unknown>>) => ask(service, "sns", operation, input);
  const Tags = [{ Key: "protected", Value: "true" }];
  await make("CreateTopic", { Name: "news", Tags });
  const arn = inRegion("sns", "news");
  const endpoint = { TopicArn: arn, Protocol: "http", Endpoint: "http://127.0.0.1:1/", ReturnSubscriptionArn: true };
  const subscribed = await make("Subscribe", endpoint);
  const SubscriptionArn = /<SubscriptionArn>([^<]+)</.exec(subscribed)?.[1] ?? "";
  return {
    ...each(
      `DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe ConfirmSubscription ListSubscriptionsByTopic PublishBatch`,
      tagged([arn], { TopicArn: arn }),
    ),
    CreateTopic: tagged([arn], { Name: "news" }),
    Publish: tagged([arn], { TopicArn: arn }, { TargetArn: arn }),
    ...each("TagResource UntagResource ListTagsForResource", tagged([arn], { ResourceArn: arn })),
    ...each(
      "Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes",
      tagged([SubscriptionArn, arn], { SubscriptionArn }),
    ),
    ...each("ListTopics ListSubscriptions", "nothing"),
  };
}
