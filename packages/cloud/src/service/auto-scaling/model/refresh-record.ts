import type { MixedInstancesPolicy } from "@aws-sdk/client-auto-scaling";
import type { LaunchSource } from "../launch-source/launch-source.ts";

/** An instance refresh as it is stored: it replaces the instances of a group, some at a time. Times are milliseconds since the epoch. */
export interface Refresh {
  readonly id: string;
  readonly status: RefreshStatus;
  readonly reason?: string | undefined;
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  readonly preferences: RefreshPreferences;
  /** What replacements are launched from instead of the group's own source; it becomes the group's when the refresh succeeds. */
  readonly desired?: { readonly launch: LaunchSource; readonly policy?: MixedInstancesPolicy | undefined } | undefined;
  /** The instances of the group when it began. */
  readonly original: readonly string[];
  /** How many instances are to be replaced, and the ids of those. */
  readonly total: number;
  readonly old: readonly string[];
  /** When an instance was last replaced: a refresh without progress fails. */
  readonly progressAt: number;
  /** How many checkpoints have been passed, and until when the last one holds the refresh. */
  readonly passed: number;
  readonly holdsUntil?: number | undefined;
  /** Until when the refreshed group is watched (bake time); set once everything has been replaced. */
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

/** The preferences of a refresh, with AWS's defaults filled in. */
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
  /** As they were given, to be described. */
  readonly asGiven: object;
}
