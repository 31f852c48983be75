import type * as Sdk from "@aws-sdk/client-cloudwatch";
import type { Operations } from "@sluice/aws-protocol";
import type { Records } from "../../store/records.ts";
import type { Alarm } from "./alarm.ts";
import type { AlarmKeeper } from "./alarm-keeper.ts";
import type { MetricStore } from "./metric-store.ts";

export interface CloudWatchContext {
  readonly alarms: Records<Alarm>;
  readonly metrics: MetricStore;
  readonly keeper: AlarmKeeper;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Some of CloudWatch's operations. */
export type CloudWatchOperations = Partial<Operations<typeof Sdk, CloudWatchContext>>;
