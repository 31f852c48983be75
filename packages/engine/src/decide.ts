import { nextAnswer } from "./answer.ts";
import { isEnding, isOverdue, overdueAt } from "./ending.ts";
import { evolve } from "./evolve.ts";
import { inPlaceEvents } from "./in-place.ts";
import {
  healthConstraints,
  healthConstraintsInvalid,
  manualStop,
  missing,
  noInstances,
  overMaxInstances,
  timeout,
} from "./messages.ts";
import { allowance, hasSucceeded, isExhausted, mayStartAnother, tally } from "./minimum-healthy-hosts.ts";
import { startOrder } from "./start-order.ts";
import { nextOnTarget, untilOnTarget } from "./target.ts";
import { deploymentLimit, targetsMax } from "./time-limits.ts";
import type { Decision, Deployment, ErrorInformation, World } from "./world.ts";

/** Everything that follows from the world now, in order; it ends with what the deployment waits for, unless it is over. */
export function decide(world: World): readonly Decision[] {
  const decisions: Decision[] = [];
  for (let now = world; ;) {
    const decision = next(now);
    if (decision === undefined) return decisions;
    decisions.push(decision);
    if (decision.do === "wait" || decision.do === "look up fleet") return decisions;
    now = evolve(now, decision);
  }
}

/** Whether nothing can happen to a deployment any more. */
export const isOver = ({ status }: Pick<Deployment, "status">): boolean =>
  status === "Succeeded" || status === "Failed" || status === "Stopped";

/** The first thing that is due: answers of hosts first, then what each target needs, then new targets, then the end. */
function next(world: World): Decision | undefined {
  const answered = nextAnswer(world);
  if (answered !== undefined) return answered;
  if (isOver(world.deployment)) return undefined;
  if (world.deployment.startTime === undefined) return begin(world);
  return onTargets(world) ?? startAnother(world) ?? giveUp(world) ?? finish(world) ?? wait(world);
}

/** From `Created` to `InProgress`, or to an end before anything was contacted (deployments.md §3.1). */
function begin({ deployment, fleet }: World): Decision {
  if (deployment.missing !== undefined) return failed(missing[deployment.missing]);
  if (deployment.stopRequestedAt !== undefined)
    return { do: "finish", as: "Stopped", error: manualStop, because: "it was stopped before it began" };
  if (fleet === undefined)
    return { do: "look up fleet", because: "nobody has looked which hosts the deployment group selects" };
  if ("error" in fleet) return failed(fleet.error);
  // Stopped instances are targets, and fail; terminated ones are not (deployments.md §1, rule 11).
  const hosts = fleet.found.filter(({ state }) => state !== "terminated" && state !== "shutting-down");
  if (hosts.length === 0) return failed(noInstances);
  if (hosts.length > targetsMax) return failed(overMaxInstances(hosts.length, targetsMax));
  const { minimumHealthy, unavailable } = allowance(deployment.minimumHealthyHosts, hosts.length);
  if (unavailable <= 0)
    return failed(healthConstraintsInvalid(deployment.minimumHealthyHosts, hosts.length, minimumHealthy));
  const because = `${hosts.length} hosts are selected, and ${unavailable} may be out of service at once`;
  return { do: "begin", targets: startOrder(hosts), events: inPlaceEvents, because };
}

const failed = (error: ErrorInformation): Decision => ({ do: "finish", as: "Failed", error, because: error.message });

function onTargets(world: World): Decision | undefined {
  for (const target of world.targets) {
    const decision = target.status === "InProgress" ? nextOnTarget(world, target) : undefined;
    if (decision !== undefined) return decision;
  }
  return undefined;
}

/** Takes one more host out of service if minimum healthy hosts allow it (§4.3). */
function startAnother(world: World): Decision | undefined {
  const count = tally(world.targets);
  const target = world.targets.find(({ status }) => status === "Pending");
  const [event] = target?.events ?? [];
  if (target === undefined || event === undefined || isEnding(world) || !mayStartAnother(allowanceOf(world), count))
    return undefined;
  return {
    do: "run",
    target: target.id,
    event: event.name,
    because: `${count.inFlight} in flight and ${count.failed} failed leave room for another host`,
  };
}

/** Gives up on hosts that will never get their turn (§4.3 rule 4, §9.1). */
function giveUp(world: World): Decision | undefined {
  const target = world.targets.find(({ status }) => status === "Pending");
  if (target === undefined) return undefined;
  if (isEnding(world))
    return { do: "settle target", target: target.id, as: "Skipped", because: "the deployment ends before its turn" };
  if (!isExhausted(allowanceOf(world), tally(world.targets))) return undefined;
  return {
    do: "settle target",
    target: target.id,
    as: "Skipped",
    because: "as many hosts have failed as may be out of service",
  };
}

function finish(world: World): Decision | undefined {
  const count = tally(world.targets);
  if (count.inFlight + count.notStarted > 0) return undefined;
  if (isOverdue(world) && count.skipped + count.failed > 0) return failed(timeout(deploymentLimit / 3_600_000));
  if (world.deployment.stopRequestedAt !== undefined && count.skipped + count.failed > 0)
    return { do: "finish", as: "Stopped", error: manualStop, because: "it was stopped, and nothing runs any more" };
  if (!hasSucceeded(allowanceOf(world), count)) return failed(healthConstraints(count));
  return { do: "finish", as: "Succeeded", because: `${count.succeeded} of ${world.targets.length} hosts succeeded` };
}

function wait(world: World): Decision {
  const running = world.targets.filter(({ status }) => status === "InProgress");
  const untils = running.map((target) => untilOnTarget(target)).filter((until) => until !== undefined);
  const names = running.flatMap(({ id, events }) => {
    const event = events.find(
      ({ command, status }) => command !== undefined && (status === "Pending" || status === "InProgress"),
    );
    return event === undefined ? [] : [`${id} to ${event.status === "Pending" ? "pick up" : "finish"} ${event.name}`];
  });
  return { do: "wait", for: names.join(", "), until: Math.min(...untils, overdueAt(world)) };
}

const allowanceOf = ({ deployment, targets }: World) => allowance(deployment.minimumHealthyHosts, targets.length);
