import type { TimeScale } from "../../../time-scale.ts";

/** The two transitions that hooks can hold. */
export type Transition = "autoscaling:EC2_INSTANCE_LAUNCHING" | "autoscaling:EC2_INSTANCE_TERMINATING";

/** The result of a lifecycle action. */
type Result = "CONTINUE" | "ABANDON";

/** A lifecycle hook as it is stored. */
export interface Hook {
  readonly name: string;
  readonly transition: Transition;
  readonly heartbeatSeconds: number;
  readonly defaultResult: Result;
  readonly notificationTargetArn?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly notificationMetadata?: string | undefined;
}

/** A lifecycle action: one hook that holds one instance. Times are milliseconds since the epoch. */
export interface HookAction {
  readonly hook: string;
  readonly token: string;
  readonly defaultResult: Result;
  readonly heartbeatSeconds: number;
  readonly heartbeatUntil: number;
  /** The global timeout: no heartbeat extends it. */
  readonly until: number;
  readonly result?: Result | undefined;
  /** Where its result comes from, in AWS's words. */
  readonly why?: string | undefined;
}

/** Longest global timeout, in seconds: two days. Below that it is a hundred times the heartbeat timeout. */
const globalTimeoutSecondsMax = 172_800;

/** Returns the global timeout of a hook, in seconds. */
export const globalTimeoutSeconds = ({ heartbeatSeconds }: Pick<Hook, "heartbeatSeconds">): number =>
  Math.min(globalTimeoutSecondsMax, heartbeatSeconds * 100);

/** Returns the action with which a hook begins to hold an instance. */
export function beginAction(
  hook: Hook,
  { token, now, timeScale }: { token: string; now: number; timeScale: TimeScale },
): HookAction {
  return {
    hook: hook.name,
    token,
    defaultResult: hook.defaultResult,
    heartbeatSeconds: hook.heartbeatSeconds,
    heartbeatUntil: now + timeScale.milliseconds(hook.heartbeatSeconds),
    until: now + timeScale.milliseconds(globalTimeoutSeconds(hook)),
  };
}

/** Returns an action whose heartbeat timeout begins again. */
export function withHeartbeat(
  action: HookAction,
  { now, timeScale }: { now: number; timeScale: TimeScale },
): HookAction {
  return { ...action, heartbeatUntil: now + timeScale.milliseconds(action.heartbeatSeconds) };
}

/** Returns an action with the result that it was completed with. */
export function completed(action: HookAction, result: Result): HookAction {
  return { ...action, result, why: `Lifecycle Action Completed with ${result} Result` };
}

/** Returns an action as it stands at a time: one that has timed out has its default result. */
export function atTime(action: HookAction, now: number): HookAction {
  if (action.result !== undefined || now < Math.min(action.heartbeatUntil, action.until)) return action;
  return { ...action, result: action.defaultResult, why: "Heartbeat Timeout" };
}
