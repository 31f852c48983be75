import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { openLocalCloud } from "../../../test/local-cloud.ts";
import { whyMissing } from "../../../../../test/support/why-missing.ts";

const noAws = await whyMissing("aws");

/** So that no period ends in the middle of a test. */
const middleOfMinute = Math.floor(Date.now() / 60_000) * 60_000 + 30_000;

async function openAlarm(t: Parameters<typeof openLocalCloud>[0], treatment = "missing") {
  const cloud = await openLocalCloud(t, { clock: () => middleOfMinute });
  const client = new CloudWatchClient(cloud.client);
  t.after(() => client.destroy());
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "Shop",
      MetricName: "Errors",
      Dimensions: [{ Name: "App", Value: "web" }],
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 3,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: treatment,
    }),
  );
  const state = async () => {
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ["errors"] }));
    return MetricAlarms[0];
  };
  const put = (Value: number) =>
    client.send(
      new PutMetricDataCommand({
        Namespace: "Shop",
        MetricData: [{ MetricName: "Errors", Dimensions: [{ Name: "App", Value: "web" }], Value }],
      }),
    );
  return { client, state, put };
}

test("an alarm follows its data, and says by which it was decided", async (t) => {
  const { client, state, put } = await openAlarm(t);

  assert.equal((await state())?.StateValue, "INSUFFICIENT_DATA");
  await put(1);
  assert.equal((await state())?.StateValue, "OK");
  await put(2);
  const fired = await state();

  assert.equal(fired?.StateValue, "ALARM");
  assert.match(
    fired?.StateReason ?? "",
    /^Threshold Crossed: 1 out of the last 1 datapoints \[3\.0 \(\d\d\/\d\d\/\d\d \d\d:\d\d:00\)\] was greater than or equal to the threshold \(3\.0\)/,
  );
  const { Datapoints } = await client.send(
    new GetMetricStatisticsCommand({
      ...{ Namespace: "Shop", MetricName: "Errors", Dimensions: [{ Name: "App", Value: "web" }] },
      ...{ StartTime: new Date(middleOfMinute - 1_800_000), EndTime: new Date(middleOfMinute + 60_000) },
      ...{ Period: 60, Statistics: ["Sum", "SampleCount", "Maximum"] },
    }),
  );
  assert.equal(Datapoints?.at(-1)?.Sum, 3);
  assert.equal(Datapoints?.at(-1)?.SampleCount, 2);
});

test("data of other dimensions leave an alarm alone", async (t) => {
  const { client, state } = await openAlarm(t);

  await client.send(
    new PutMetricDataCommand({ Namespace: "Shop", MetricData: [{ MetricName: "Errors", Value: 100 }] }),
  );

  assert.equal((await state())?.StateValue, "INSUFFICIENT_DATA");
});

test("missing data are taken as the alarm says", async (t) => {
  const { state } = await openAlarm(t, "notBreaching");

  assert.equal((await state())?.StateValue, "OK");
});

test("a state set by hand stands, and an unknown alarm is said to be unknown", async (t) => {
  const { client, state } = await openAlarm(t);

  await client.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "ALARM", StateReason: "rehearsal" }));

  assert.equal((await state())?.StateValue, "ALARM");
  assert.equal((await state())?.StateReason, "rehearsal");
  await client.send(new DeleteAlarmsCommand({ AlarmNames: ["errors"] }));
  assert.equal(await state(), undefined);
  await assert.rejects(
    client.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "OK", StateReason: "" })),
    { name: "ResourceNotFound" },
  );
});

test("the aws CLI puts an alarm, sets its state and reads it", { skip: noAws }, async (t) => {
  const cloud = await openLocalCloud(t);
  const aws = async (...words: string[]) => cloud.aws("cloudwatch", ...words, "--output", "text");

  await aws(
    ...["put-metric-alarm", "--alarm-name", "errors", "--namespace", "Shop", "--metric-name", "Errors"],
    ...["--statistic", "Sum", "--period", "60", "--evaluation-periods", "1", "--threshold", "1"],
    ...["--comparison-operator", "GreaterThanOrEqualToThreshold"],
  );
  await aws("set-alarm-state", "--alarm-name", "errors", "--state-value", "OK", "--state-reason", "by hand");
  await aws("put-metric-data", "--namespace", "Shop", "--metric-name", "Errors", "--value", "5");

  const state = await aws("describe-alarms", "--alarm-names", "errors", "--query", "MetricAlarms[0].StateValue");
  assert.equal(state, "ALARM");
});
