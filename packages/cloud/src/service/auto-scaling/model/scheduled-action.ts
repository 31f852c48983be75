import { nextMatch } from "../decide/recurrence.ts";

/** A scheduled action as it is stored. Times are milliseconds since the epoch. */
export interface ScheduledAction {
  /** The names of the group and the action. */
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
  /** When it is due next; absent when it is not due again. */
  readonly dueAt?: number | undefined;
}

/** Returns when an action is first due after a time, or undefined when it is not. */
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
