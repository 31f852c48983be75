import { deploymentLimit, isEnding, isOverdue } from "./rules/ending.ts";
import { deploymentTooLong, didNotEnd, didNotRun, hostGone, interruptedByEnd } from "./messages/messages.ts";
import { agentIssueOf } from "./rules/last-seen.ts";
import { blockedBy, canPickUpFrom } from "./rules/host-contention.ts";
import { eventLimit, firstContactLimit, pickUpLimit } from "./rules/time-limits.ts";
import { effectOf } from "./workflows/traffic.ts";
import type { Decision } from "./decision.ts";
import type {
  Command,
  Diagnostics,
  InstanceState,
  LifecycleEvent,
  LifecycleEventName,
  Target,
  World,
} from "./world.ts";

const minute = 60_000;

/** Returns what is due on a target that has begun; undefined while its host works within its time. */
export function nextOnTarget(world: World, target: Target): Decision | undefined {
  const running = target.events.find(isOutstanding);
  if (running !== undefined) return endOf(world, target, running);
  const failure = target.events.find((event) => event.status === "Failed" && !isTolerated(world, event));
  if (failure !== undefined)
    return { do: "settle target", target: target.id, as: "Failed", because: `${failure.name} failed` };
  const following = target.events.find(({ status }) => status === "Pending");
  if (isEnding(world)) return interrupted(target, following);
  if (following === undefined)
    return { do: "settle target", target: target.id, as: "Succeeded", because: "every event is done" };
  if (waitsForContinue(world, target) && following.name === "BeforeAllowTraffic")
    return { do: "settle target", target: target.id, as: "Ready", because: "it has the revision, and no traffic yet" };
  if (blockedBy(world, target) !== undefined) return undefined;
  return run(world, target, { event: following, because: "it is the next event" });
}

/** Whether a target stops before its traffic moves, until the workflow lets it go on. */
const waitsForContinue = ({ deployment }: World, { label }: Target): boolean =>
  label === "Green" || deployment.ecs?.readyWait !== undefined;

/** Hands an event to its host, or to a gateway if the service runs it itself. */
export function run(
  world: World,
  target: Target,
  { event, because }: { readonly event: LifecycleEvent; readonly because: string },
): Decision {
  const effect = effectOf(world, target, event);
  return { do: "run", target: target.id, event: event.name, effect, because };
}

/** When the running event of a target times out; undefined when none is running. */
export function untilOnTarget(world: World, target: Target): number | undefined {
  const command = target.events.find(isOutstanding)?.command;
  if (command === undefined) return undefined;
  if (command.acknowledgedAt !== undefined) return endLimitOf(command);
  return blockedBy(world, target) === undefined
    ? canPickUpFrom(world, target, command.issuedAt) + pickUpLimitOf(world, target)
    : undefined;
}

/** For traffic that is shifted in steps, the time is counted from the last step. */
function endLimitOf({ effect, acknowledgedAt = 0 }: Command): number {
  const last = effect !== undefined && "shifts" in effect ? effect.shifts.at(-1)?.at : undefined;
  return (last ?? acknowledgedAt) + eventLimit;
}

/** A host that may still be booting gets more time for its first event (deployments.md §2.3). */
function pickUpLimitOf({ deployment }: World, target: Target): number {
  const isFirst = target.events.filter(({ command }) => command !== undefined).length === 1;
  return isFirst && (deployment.kind === "launch" || target.label === "Green") ? firstContactLimit : pickUpLimit;
}

/** Whether an event has a command and is not over. */
export function isOutstanding({ command, status }: LifecycleEvent): boolean {
  return command !== undefined && (status === "Pending" || status === "InProgress");
}

/** Ends an outstanding event without its host's report: the instance is gone, its time is over, or it is withdrawn. */
function endOf(world: World, target: Target, event: LifecycleEvent): Decision | undefined {
  const failure = failureOf(world, target, event);
  if (failure === undefined) return undefined;
  if (failure === "withdrawn") return withdraw(world, target, event);
  return {
    do: "settle event",
    commandId: event.command?.id ?? "",
    target: target.id,
    event: event.name,
    as: "Failed",
    at: world.now,
    ...failure,
    because: failure.diagnostics.message,
  };
}

/** Returns why an outstanding event fails, or that it is withdrawn; undefined while its host has time. */
function failureOf(world: World, target: Target, event: LifecycleEvent): Failure | "withdrawn" | undefined {
  const state = world.instanceStates[target.id];
  if (state !== undefined && state !== "running" && state !== "pending")
    return { diagnostics: hostGone(state, event.name), isHostGone: isTerminated(state) ? true : undefined };
  if (isEnding(world) && event.status === "Pending") return "withdrawn";
  if (isOverdue(world)) return { diagnostics: deploymentTooLong(deploymentLimit(world) / (60 * minute)) };
  if (isEnding(world) && event.command?.effect !== undefined) return { diagnostics: interruptedByEnd(event) };
  if (world.now < (untilOnTarget(world, target) ?? Number.POSITIVE_INFINITY)) return undefined;
  if (event.status !== "Pending") return { diagnostics: didNotEnd(event, eventLimit / minute) };
  const issue = agentIssueOf(world, target);
  return {
    diagnostics: didNotRun(event.name, pickUpLimitOf(world, target) / minute, issue),
    agentIssue: issue,
  };
}

interface Failure extends Pick<LifecycleEvent, "agentIssue" | "isHostGone"> {
  readonly diagnostics: Diagnostics;
}

const isTerminated = (state: InstanceState) => state === "shutting-down" || state === "terminated";

/**
 * A command that the host has not acknowledged when the deployment is stopped need not run; the response to a later
 * acknowledgement says so (deployments.md §9.1).
 */
function withdraw(world: World, target: Target, event: LifecycleEvent): Decision {
  const because = "the deployment ends, and the host has not picked it up";
  return {
    do: "settle event",
    commandId: event.command?.id ?? "",
    target: target.id,
    event: event.name,
    as: "Skipped",
    at: world.now,
    because,
  };
}

/**
 * A host that was in progress when the deployment ended counts as failed, unless nothing has run on it, or everything
 * has (inferred).
 */
function interrupted(target: Target, following: LifecycleEvent | undefined): Decision {
  const hasRun = target.events.some(({ status }) => status === "Succeeded" || status === "Failed");
  const isComplete = following === undefined && target.events.every(({ status }) => status !== "Skipped");
  if (isComplete) return { do: "settle target", target: target.id, as: "Succeeded", because: "every event is done" };
  if (!hasRun)
    return {
      do: "settle target",
      target: target.id,
      as: "Skipped",
      because: "the deployment ends before anything ran",
    };
  return { do: "settle target", target: target.id, as: "Failed", because: "the deployment ends half-way" };
}

/** The events whose failure `ignoreApplicationStopFailures` tolerates (deployments.md §2.1, fact 4). */
const toleratedEvents: ReadonlySet<LifecycleEventName> = new Set([
  "BeforeBlockTraffic",
  "AfterBlockTraffic",
  "ApplicationStop",
]);

/** Whether a target goes on after this event has failed. */
export const isTolerated = ({ deployment }: World, { name }: LifecycleEvent): boolean =>
  deployment.ignoreApplicationStopFailures && toleratedEvents.has(name);
