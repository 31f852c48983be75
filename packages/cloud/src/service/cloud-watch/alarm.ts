import type { Dimension, MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { Statistic } from "./statistics.ts";

/** The states of an alarm, in AWS's words. */
export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/** How missing data is treated. */
export type MissingData = "missing" | "ignore" | "breaching" | "notBreaching";

/** The comparisons that a threshold can have. */
export const comparisons = {
  GreaterThanOrEqualToThreshold: {
    words: "greater than or equal to",
    holds: (value: number, limit: number) => value >= limit,
  },
  GreaterThanThreshold: { words: "greater than", holds: (value: number, limit: number) => value > limit },
  LessThanThreshold: { words: "less than", holds: (value: number, limit: number) => value < limit },
  LessThanOrEqualToThreshold: {
    words: "less than or equal to",
    holds: (value: number, limit: number) => value <= limit,
  },
} as const;

/** An alarm as it is stored. */
export interface Alarm {
  readonly name: string;
  readonly description?: string | undefined;
  readonly areActionsEnabled: boolean;
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly Dimension[];
  readonly statistic: Statistic;
  readonly unit?: string | undefined;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: keyof typeof comparisons;
  readonly missingData: MissingData;
  /** Milliseconds since the epoch. */
  readonly configuredAt: number;
  readonly state: AlarmState;
  readonly reason: string;
  readonly reasonData?: string | undefined;
  readonly stateAt: number;
  /** The newest value of the metric when the state was decided. */
  readonly value?: number | undefined;
  /** Until when a state that was set by hand lasts, unless there is new data. */
  readonly heldUntil?: number | undefined;
}

/** Returns an alarm as AWS describes it. */
export function describeAlarm(alarm: Alarm, arn: string): MetricAlarm {
  return {
    AlarmName: alarm.name,
    AlarmArn: arn,
    AlarmDescription: alarm.description,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    ActionsEnabled: alarm.areActionsEnabled,
    OKActions: [...alarm.actions.OK],
    AlarmActions: [...alarm.actions.ALARM],
    InsufficientDataActions: [...alarm.actions.INSUFFICIENT_DATA],
    StateValue: alarm.state,
    StateReason: alarm.reason,
    StateReasonData: alarm.reasonData,
    StateUpdatedTimestamp: new Date(alarm.stateAt),
    StateTransitionedTimestamp: new Date(alarm.stateAt),
    MetricName: alarm.metricName,
    Namespace: alarm.namespace,
    Statistic: alarm.statistic,
    Dimensions: [...alarm.dimensions],
    Period: alarm.periodSeconds,
    Unit: alarm.unit as MetricAlarm["Unit"], // checked when it was put
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    TreatMissingData: alarm.missingData,
  };
}
