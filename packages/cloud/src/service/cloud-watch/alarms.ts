import { Fault } from "@sluice/aws-protocol";
import type { PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import { type Alarm, comparisons, describeAlarm, type MissingData } from "./alarm.ts";
import type { CloudWatchContext, CloudWatchOperations } from "./context.ts";

/** Alarms of one page. */
const alarmsMax = 100;

/** Operations on alarms. */
export const alarmOperations: CloudWatchOperations = {
  PutMetricAlarm({ alarms, keeper, clock }, input) {
    const before = alarms.find(input.AlarmName ?? "");
    const now = clock();
    const unchecked = {
      state: "INSUFFICIENT_DATA",
      reason: "Unchecked: Initial alarm creation",
      stateAt: now,
    } as const;
    const { state, reason, stateAt } = before ?? unchecked;
    const alarm: Alarm = { ...checkedAlarm(input), configuredAt: now, state, reason, stateAt };
    alarms.put(alarm.name, alarm);
    keeper.evaluate(alarm);
  },

  DescribeAlarms(
    context,
    { AlarmNames, AlarmNamePrefix = "", StateValue, ActionPrefix = "", AlarmTypes, MaxRecords = 50, NextToken },
  ) {
    const wantsMetricAlarms = AlarmTypes === undefined || AlarmTypes.length === 0 || AlarmTypes.includes("MetricAlarm");
    const wanted = context.alarms
      .all()
      .filter(({ name }) => AlarmNames === undefined || AlarmNames.length === 0 || AlarmNames.includes(name))
      .filter(({ name }) => name.startsWith(AlarmNamePrefix))
      .filter(({ state }) => StateValue === undefined || state === StateValue)
      .filter(
        ({ actions }) =>
          ActionPrefix === "" ||
          Object.values(actions)
            .flat()
            .some((arn) => arn.startsWith(ActionPrefix)),
      );
    const start = NextToken === undefined ? 0 : Number(NextToken);
    if (!Number.isInteger(start) || start < 0)
      throw new Fault("InvalidNextToken", `The token '${NextToken}' is not valid`);
    if (!(MaxRecords >= 1 && MaxRecords <= alarmsMax))
      throw new Fault("InvalidParameterValue", `MaxRecords '${MaxRecords}' must be from 1 to ${alarmsMax}`);
    const end = start + MaxRecords;
    return {
      MetricAlarms: wantsMetricAlarms
        ? wanted.slice(start, end).map((alarm) => describeAlarm(alarm, alarmArn(context, alarm.name)))
        : [],
      CompositeAlarms: [],
      NextToken: wantsMetricAlarms && end < wanted.length ? String(end) : undefined,
    };
  },

  SetAlarmState({ alarms, keeper }, { AlarmName = "", StateValue, StateReason = "", StateReasonData }) {
    const alarm = alarms.find(AlarmName);
    if (alarm === undefined) throw new Fault("ResourceNotFound", `Alarm ${AlarmName} does not exist`, { status: 404 });
    if (StateValue !== "OK" && StateValue !== "ALARM" && StateValue !== "INSUFFICIENT_DATA")
      throw new Fault("ValidationError", `StateValue '${StateValue}' must be OK, ALARM or INSUFFICIENT_DATA`);
    keeper.set(alarm, { state: StateValue, reason: StateReason, reasonData: StateReasonData });
  },

  DeleteAlarms({ alarms }, { AlarmNames = [] }) {
    const missing = AlarmNames.filter((name) => alarms.find(name) === undefined);
    if (missing.length > 0)
      throw new Fault("ResourceNotFound", `These alarms do not exist: ${missing.join(", ")}`, { status: 404 });
    for (const name of AlarmNames) alarms.delete(name);
  },

  EnableAlarmActions: (context, { AlarmNames = [] }) => switchActions(context, AlarmNames, true),

  DisableAlarmActions: (context, { AlarmNames = [] }) => switchActions(context, AlarmNames, false),
};

/** Returns the ARN of an alarm. */
export function alarmArn({ region, accountId }: Pick<CloudWatchContext, "region" | "accountId">, name: string): string {
  return `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
}

function switchActions({ alarms }: CloudWatchContext, names: readonly string[], areActionsEnabled: boolean): void {
  for (const name of names) {
    const alarm = alarms.find(name);
    if (alarm !== undefined) alarms.put(name, { ...alarm, areActionsEnabled });
  }
}

const statistics: readonly string[] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
const missingKinds: readonly string[] = ["missing", "ignore", "breaching", "notBreaching"];

type Checked = Omit<Alarm, "state" | "reason" | "stateAt" | "configuredAt">;

function checkedAlarm(input: PutMetricAlarmCommandInput): Checked {
  const {
    AlarmName: name = "",
    MetricName,
    Namespace,
    Statistic,
    Period = 60,
    EvaluationPeriods = 0,
    Threshold,
  } = input;
  const { DatapointsToAlarm = EvaluationPeriods, ComparisonOperator = "", TreatMissingData = "missing" } = input;
  if (name === "" || name.length > 255) throw new Fault("ValidationError", "An alarm's name has 1 to 255 characters");
  if (input.Metrics !== undefined || input.ExtendedStatistic !== undefined)
    throw new Fault(
      "InvalidParameterCombination",
      "The local cloud evaluates alarms on one metric and a plain statistic only",
    );
  if (MetricName === undefined || Namespace === undefined || Statistic === undefined || Threshold === undefined)
    throw new Fault("MissingParameter", "An alarm needs MetricName, Namespace, Statistic and Threshold");
  if (!statistics.includes(Statistic))
    throw new Fault("ValidationError", `Statistic '${Statistic}' must be one of ${statistics.join(", ")}`);
  if (!Object.hasOwn(comparisons, ComparisonOperator))
    throw new Fault(
      "ValidationError",
      `ComparisonOperator '${ComparisonOperator}' must be one of ${Object.keys(comparisons).join(", ")}`,
    );
  if (!missingKinds.includes(TreatMissingData))
    throw new Fault(
      "ValidationError",
      `TreatMissingData '${TreatMissingData}' must be one of ${missingKinds.join(", ")}`,
    );
  checkPeriods({ Period, EvaluationPeriods, DatapointsToAlarm });
  return {
    name,
    description: input.AlarmDescription,
    areActionsEnabled: input.ActionsEnabled ?? true,
    actions: {
      OK: input.OKActions ?? [],
      ALARM: input.AlarmActions ?? [],
      INSUFFICIENT_DATA: input.InsufficientDataActions ?? [],
    },
    namespace: Namespace,
    metricName: MetricName,
    dimensions: input.Dimensions ?? [],
    statistic: Statistic, // one of the list above
    unit: input.Unit,
    periodSeconds: Period,
    evaluationPeriods: EvaluationPeriods,
    datapointsToAlarm: DatapointsToAlarm,
    threshold: Threshold,
    comparison: ComparisonOperator as keyof typeof comparisons, // looked up above
    missingData: TreatMissingData as MissingData, // one of the list above
  };
}

function checkPeriods({
  Period,
  EvaluationPeriods,
  DatapointsToAlarm,
}: {
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
}): void {
  if (!(Period === 10 || Period === 20 || Period === 30 || (Period > 0 && Period % 60 === 0)))
    throw new Fault("ValidationError", `Period '${Period}' must be 10, 20, 30 or a multiple of 60`);
  if (!(EvaluationPeriods >= 1 && Period * EvaluationPeriods <= 604_800))
    throw new Fault(
      "ValidationError",
      `EvaluationPeriods '${EvaluationPeriods}' must be at least 1, and all periods together at most 7 days`,
    );
  if (!(DatapointsToAlarm >= 1 && DatapointsToAlarm <= EvaluationPeriods))
    throw new Fault("ValidationError", `DatapointsToAlarm '${DatapointsToAlarm}' must be from 1 to EvaluationPeriods`);
}
