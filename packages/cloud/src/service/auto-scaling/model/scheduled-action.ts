import { nextMatch } from "../decide/recurrence.ts";

/** A scheduled action as it is kept. Moments are milliseconds since the epoch. */
export interface ScheduledAction {
  /** The group and the action's name. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly startAt?: number | undefined;
  readonly endAt?: number | undefined;
  readonly recurrence?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly minSize?: number | undefined;
  readonly maxSize?: number | undefined;
  readonly desired?: number | undefined;
  /** When it is due; absent when it will not be again. */
  readonly dueAt?: number | undefined;
}

/** When an action is due for the first time after a moment. */
export function dueAfter(action: Omit<ScheduledAction, "dueAt">, after: number): number | undefined {
  const { startAt = after, endAt = Infinity, recurrence, timeZone = "Etc/UTC" } = action;
  const due =
    recurrence === undefined
      ? startAt > after
        ? startAt
        : undefined
      : nextMatch(recurrence, Math.max(after, startAt - 1), timeZone);
  return due !== undefined && due <= endAt ? due : undefined;
}
