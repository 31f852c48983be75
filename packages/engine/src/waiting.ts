import { isOverdue, overdueAt } from "./rules/ending.ts";
import { heartbeatDueAt } from "./workflows/lifecycle-action.ts";
import { agentIssueOf } from "./rules/last-seen.ts";
import { blockedBy } from "./rules/host-contention.ts";
import { isOutstanding, untilOnTarget } from "./target.ts";
import { stepLimit } from "./rules/time-limits.ts";
import type { Decision } from "./decision.ts";
import type { Target, World } from "./world.ts";

/**
 * Returns the decision to wait for what the workflow waits for and for everything in progress, until the first of it
 * times out.
 */
export function wait(
  world: World,
  workflow: { readonly for: string; readonly until?: number | undefined } = { for: "" },
): Decision {
  const running = world.targets.filter(({ status }) => status === "InProgress");
  const steps = world.deployment.steps.filter(({ status }) => status === "InProgress");
  const reasons = new Set([
    workflow.for,
    ...steps.map(({ name, progress }) => progress ?? name),
    ...running.slice(0, namedMax).map((target) => reasonOf(world, target)),
  ]);
  reasons.delete("");
  if (running.length > namedMax) reasons.add(`${running.length - namedMax} more targets`);
  const untils = [
    ...running.map((target) => untilOnTarget(world, target)),
    ...steps.map(({ startTime }) => startTime + stepLimit),
    workflow.until,
    nextHeartbeat(world),
    isOverdue(world) ? undefined : overdueAt(world),
  ].filter((until) => until !== undefined);
  return { do: "wait", for: [...reasons].join(", "), until: Math.min(...untils) };
}

/** How many targets are named, each with what it is waited for; nobody reads a thousand. */
const namedMax = 20;

/** A heartbeat that is overdue is not waited for: the deployment is at its end. */
function nextHeartbeat(world: World): number | undefined {
  const dueAt = heartbeatDueAt(world);
  return dueAt !== undefined && dueAt > world.now ? dueAt : undefined;
}

function reasonOf(world: World, target: Target): string {
  const event = target.events.find(isOutstanding);
  const blocking = blockedBy(world, target);
  if (event === undefined) return blocking === undefined ? "" : `${target.id} to be free of ${blocking}`;
  if (event.status === "InProgress")
    return `${target.id} to finish ${event.name}${inBrackets(event.command?.progress)}`;
  const issue = blocking === undefined ? agentIssueOf(world, target) : `${blocking} goes first`;
  return `${target.id} to pick up ${event.name}${inBrackets(issue)}`;
}

const inBrackets = (text: string | undefined) => (text === undefined ? "" : ` (${text})`);
