import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import { Records } from "../../store/records.ts";
import { cloudWatchAccesses } from "./accesses.ts";
import type { Alarm, AlarmState } from "./alarm.ts";
import { AlarmKeeper } from "./alarm-keeper.ts";
import { alarmArn, alarmOperations } from "./alarms.ts";
import type { CloudWatchContext } from "./context.ts";
import { MetricStore } from "./metric-store.ts";
import { metricOperations } from "./metrics.ts";

export { cloudWatchTables } from "./tables.ts";

export interface CloudWatchOptions {
  readonly db: CloudDatabase;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Publishes a message about an alarm to a topic. */
  readonly publish: (topicArn: string, notice: { readonly subject: string; readonly message: string }) => void;
  /** Executes a scaling policy; `by` is how far the metric is beyond the threshold. */
  readonly scale: (policyArn: string, about: { readonly alarm: string; readonly by: number }) => void;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** Opens CloudWatch: alarms on one metric each, and the data that they are evaluated on. */
export function openCloudWatch(options: CloudWatchOptions): { readonly service: Service; close(): void } {
  const { db, clock, region, accountId, publish, scale, onDefect } = options;
  const alarms = new Records<Alarm>(db, "alarm");
  const metrics = new MetricStore(db);
  const keeper = new AlarmKeeper({
    alarms,
    metrics,
    clock,
    act: (action, alarm, before) => {
      if (action.startsWith("arn:aws:sns:")) publish(action, noticeOf({ alarm, before, region, accountId }));
      if (action.startsWith("arn:aws:autoscaling:"))
        scale(action, { alarm: alarm.name, by: (alarm.value ?? alarm.threshold) - alarm.threshold });
    },
  });
  keeper.start();
  const context: CloudWatchContext = { alarms, metrics, keeper, clock, region, accountId };
  const service = defineService({
    name: "cloudwatch",
    model: serviceModel("cloudwatch"),
    signingNames: ["monitoring"],
    operations: { ...alarmOperations, ...metricOperations },
    context,
    accesses: accessesFromTable(cloudWatchAccesses(context)),
    onDefect,
  });
  return { service, close: () => keeper.close() };
}

/** The message about an alarm that AWS publishes to a topic. */
function noticeOf({
  alarm,
  before,
  region,
  accountId,
}: {
  alarm: Alarm;
  before: AlarmState;
  region: string;
  accountId: string;
}) {
  return {
    subject: `${alarm.state}: "${alarm.name}" in ${region}`.slice(0, 100),
    message: JSON.stringify({
      AlarmName: alarm.name,
      AlarmDescription: alarm.description ?? null,
      AWSAccountId: accountId,
      NewStateValue: alarm.state,
      NewStateReason: alarm.reason,
      StateChangeTime: new Date(alarm.stateAt).toISOString(),
      Region: region,
      AlarmArn: alarmArn({ region, accountId }, alarm.name),
      OldStateValue: before,
      Trigger: {
        MetricName: alarm.metricName,
        Namespace: alarm.namespace,
        Statistic: alarm.statistic.toUpperCase(),
        Dimensions: alarm.dimensions,
        Period: alarm.periodSeconds,
        EvaluationPeriods: alarm.evaluationPeriods,
        ComparisonOperator: alarm.comparison,
        Threshold: alarm.threshold,
        TreatMissingData: alarm.missingData,
      },
    }),
  };
}
