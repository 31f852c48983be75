import type { MixedInstancesPolicy } from "@aws-sdk/client-auto-scaling";
import type { LaunchSource } from "../launch-source/launch-source.ts";

/** An instance refresh as it is kept: the instances of a group are replaced, some at a time. Moments are milliseconds since the epoch. */
export interface Refresh {
  readonly id: string;
  readonly status: RefreshStatus;
  readonly reason?: string | undefined;
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  readonly preferences: RefreshPreferences;
  /** What instances are launched from instead of the group's own; it becomes the group's when the refresh succeeds. */
  readonly desired?: { readonly launch: LaunchSource; readonly policy?: MixedInstancesPolicy | undefined } | undefined;
  /** Instances of the group when it began. */
  readonly original: readonly string[];
  /** How many are replaced in all, and which of them may still be there. */
  readonly total: number;
  readonly old: readonly string[];
  /** When one was last replaced: a refresh that does not get on fails. */
  readonly progressAt: number;
  /** Checkpoints that have been passed, and until when the last one holds. */
  readonly passed: number;
  readonly holdsUntil?: number | undefined;
  /** Set when everything has been replaced: until when it is watched. */
  readonly bakesUntil?: number | undefined;
  readonly rollback?: { readonly reason: string; readonly startedAt: number; readonly percentBefore: number };
}

/** AWS's statuses of a refresh. */
export type RefreshStatus =
  | "InProgress"
  | "Successful"
  | "Failed"
  | "Cancelling"
  | "Cancelled"
  | "Baking"
  | "RollbackInProgress"
  | "RollbackSuccessful"
  | "RollbackFailed";

/** What a refresh was asked to heed. */
export interface RefreshPreferences {
  readonly minHealthy: number;
  readonly maxHealthy: number;
  readonly warmupMilliseconds: number;
  readonly skipMatching: boolean;
  readonly autoRollback: boolean;
  readonly scaleInProtected: "Refresh" | "Ignore" | "Wait";
  readonly standby: "Terminate" | "Ignore" | "Wait";
  readonly checkpoints: readonly number[];
  readonly checkpointMilliseconds: number;
  readonly bakeMilliseconds: number;
  /** As they were given, for those who read them back. */
  readonly told: object;
}
