import { Fault } from "@sluice/aws-protocol";
import { at } from "./causes.ts";
import type { AutoScalingContext } from "../context.ts";
import { isSuspended } from "../model/group.ts";
import { dueAfter, type ScheduledAction } from "../model/scheduled-action.ts";

/** Carries out the actions that are due. What was due while ScheduledActions was suspended, or while this program did not run, is not made up for. */
export function runScheduledActions({ groups, scheduledActions, clock, wake }: AutoScalingContext): void {
  const now = clock();
  for (const action of scheduledActions.all()) {
    if (action.dueAt === undefined || action.dueAt > now) continue;
    const { dueAt: _, ...rest } = action;
    const next = nextDue(rest, now);
    if (next === undefined) scheduledActions.delete(action.id);
    else scheduledActions.put(action.id, { ...rest, dueAt: next });
    groups.change(action.group, (group) => {
      if (isSuspended(group, "ScheduledActions") || group.isGoing === true) return group;
      const minSize = action.minSize ?? group.minSize;
      const maxSize = Math.max(minSize, action.maxSize ?? group.maxSize);
      const desired = Math.min(maxSize, Math.max(minSize, action.desired ?? group.desired));
      const cause = `${at(now)} a scheduled action update of AutoScalingGroup constraints to min: ${minSize}, max: ${maxSize}, desired: ${desired} changing the desired capacity from ${group.desired} to ${desired}.`;
      return {
        ...group,
        minSize,
        maxSize,
        desired,
        causes: desired === group.desired ? group.causes : [...group.causes, cause],
      };
    });
    wake(action.group);
  }
}

/** An action whose recurrence an earlier version accepted, such as every 70 minutes, and this one does not, is not due again. */
function nextDue(action: Omit<ScheduledAction, "dueAt">, after: number): number | undefined {
  try {
    return dueAfter(action, after);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
