import type { TestContext } from "node:test";
import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";

/** Creates an alarm, at first OK. Returns a function that sets its state: `await ring("ALARM")`. */
export async function rehearsedAlarm(test: TestContext, options: CloudWatchClientConfig, AlarmName: string) {
  const alarms = new CloudWatchClient(options);
  test.after(() => alarms.destroy());
  await alarms.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: "shop",
      MetricName: "errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
    }),
  );
  const ring = async (StateValue: "OK" | "ALARM"): Promise<void> => {
    await alarms.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "rehearsal" }));
  };
  await ring("OK");
  return ring;
}
