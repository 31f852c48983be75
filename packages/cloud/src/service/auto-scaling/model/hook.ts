import type { TimeScale } from "../../../time-scale.ts";

/** The two transitions that hooks hold. */
export type Transition = "autoscaling:EC2_INSTANCE_LAUNCHING" | "autoscaling:EC2_INSTANCE_TERMINATING";

/** How a lifecycle action ends. */
export type Result = "CONTINUE" | "ABANDON";

/** A lifecycle hook as it is kept. */
export interface Hook {
  readonly name: string;
  readonly transition: Transition;
  readonly heartbeatSeconds: number;
  readonly defaultResult: Result;
  readonly notificationTargetArn?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly notificationMetadata?: string | undefined;
}

/** One hook that holds one instance. Moments are milliseconds since the epoch. */
export interface HookAction {
  readonly hook: string;
  readonly token: string;
  readonly defaultResult: Result;
  readonly heartbeatSeconds: number;
  readonly heartbeatUntil: number;
  /** No heartbeat keeps it longer than this. */
  readonly until: number;
  readonly result?: Result | undefined;
  /** How it came to its result, in AWS's words. */
  readonly why?: string | undefined;
}

/** Heartbeats may hold an instance for a hundred times their timeout, and at most for two days, in seconds. */
const globalTimeoutSecondsMax = 172_800;

/** The global timeout of a hook, in seconds. */
export const globalTimeoutSeconds = ({ heartbeatSeconds }: Pick<Hook, "heartbeatSeconds">): number =>
  Math.min(globalTimeoutSecondsMax, heartbeatSeconds * 100);

/** A hook begins to hold an instance. */
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

/** An action's timeout begins anew. */
export function withHeartbeat(
  action: HookAction,
  { now, timeScale }: { now: number; timeScale: TimeScale },
): HookAction {
  return { ...action, heartbeatUntil: now + timeScale.milliseconds(action.heartbeatSeconds) };
}

/** An action with the result that somebody gave. */
export function completed(action: HookAction, result: Result): HookAction {
  return { ...action, result, why: `Lifecycle Action Completed with ${result} Result` };
}

/** An action as it stands at a moment: one whose time is over has its default result. */
export function atTime(action: HookAction, now: number): HookAction {
  if (action.result !== undefined || now < Math.min(action.heartbeatUntil, action.until)) return action;
  return { ...action, result: action.defaultResult, why: "Heartbeat Timeout" };
}
