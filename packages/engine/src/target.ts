import { isEnding, isOverdue } from "./ending.ts";
import { toleratedEvents } from "./in-place.ts";
import { deploymentTooLong, didNotEnd, didNotRun, hostGone } from "./messages.ts";
import { deploymentLimit, eventLimit, pickUpLimit } from "./time-limits.ts";
import type { Decision, Diagnostics, LifecycleEvent, Target, World } from "./world.ts";

const minute = 60_000;

/** What is due on a target that has begun; nothing while its host works in time. */
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
  return { do: "run", target: target.id, event: following.name, because: "it is the next event" };
}

/** When the running event of a target ends by itself; undefined when none runs. */
export function untilOnTarget(target: Target): number | undefined {
  const command = target.events.find(isOutstanding)?.command;
  if (command === undefined) return undefined;
  return command.acknowledgedAt === undefined ? command.issuedAt + pickUpLimit : command.acknowledgedAt + eventLimit;
}

/** Handed to the host and not over. */
function isOutstanding({ command, status }: LifecycleEvent): boolean {
  return command !== undefined && (status === "Pending" || status === "InProgress");
}

/** The end that an outstanding event comes to without its host: the instance is gone, its time is over, or it is withdrawn. */
function endOf(world: World, target: Target, event: LifecycleEvent): Decision | undefined {
  const fail = (diagnostics: Diagnostics): Decision => ({
    do: "settle event",
    commandId: event.command?.id ?? "",
    target: target.id,
    event: event.name,
    as: "Failed",
    at: world.now,
    diagnostics,
    because: diagnostics.message,
  });
  const state = world.instanceStates[target.id];
  if (state !== undefined && state !== "running" && state !== "pending") return fail(hostGone(state, event.name));
  if (isEnding(world) && event.status === "Pending") return withdraw(world, target, event);
  if (isOverdue(world)) return fail(deploymentTooLong(deploymentLimit / (60 * minute)));
  if (world.now < (untilOnTarget(target) ?? Number.POSITIVE_INFINITY)) return undefined;
  return fail(
    event.status === "Pending"
      ? didNotRun(event.name, pickUpLimit / minute)
      : didNotEnd(event.name, eventLimit / minute),
  );
}

/** A command that the host has not picked up when the deployment is stopped need not run; a later acknowledgement is answered so (deployments.md §9.1). */
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

/** A host that was under way when the deployment ended counts as failed, unless nothing has run on it or everything has (inferred). */
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

const isTolerated = ({ deployment }: World, { name }: LifecycleEvent) =>
  deployment.ignoreApplicationStopFailures && toleratedEvents.has(name);
