import { applyReports } from "./reports.ts";
import { alarmsRead, stopOnAlarm } from "./rules/alarms.ts";
import { ecs } from "./workflows/ecs.ts";
import { blueGreen } from "./workflows/blue-green.ts";
import { type Workflow, firstPending } from "./workflows/workflow.ts";
import { endingOf, isCutShort, isOver } from "./rules/ending.ts";
import { evolveAll, isIdle } from "./evolve.ts";
import { rootCause } from "./messages/explain.ts";
import { inPlace } from "./workflows/in-place.ts";
import { lambda } from "./workflows/lambda.ts";
import { leftBehind, stopWhenDeleted } from "./rules/missing.ts";
import { launch, termination } from "./workflows/lifecycle-action.ts";
import { reroute } from "./workflows/reroute.ts";
import { nextOnTarget } from "./target.ts";
import { stepLimit } from "./rules/time-limits.ts";
import { wait } from "./waiting.ts";
import type { Decision } from "./decision.ts";
import type { DeploymentKind, ErrorInformation, Outcome, Step, World } from "./world.ts";

/** What follows on what, by kind of deployment. */
const workflows = {
  "in-place": inPlace,
  "blue-green": blueGreen,
  reroute,
  launch,
  termination,
  lambda,
  ecs,
} as const satisfies Record<DeploymentKind, (world: World) => Workflow>;

/**
 * Returns every decision that follows from the world now, in order. The last one says what the deployment waits for,
 * unless it is over.
 */
export const decide = (world: World): readonly Decision[] => advance(world).decisions;

/** Returns the same decisions and the world after them. */
export function advance(world: World): { readonly decisions: readonly Decision[]; readonly after: World } {
  const decisions: Decision[] = [];
  for (let after = world; ;) {
    const due = next(after);
    decisions.push(...due);
    after = evolveAll(after, due);
    const last = due.at(-1);
    if (last === undefined || isIdle(last)) return { decisions, after };
  }
}

/**
 * Returns what is due first: reports, then what is under way, then the next stage of the workflow, then the end. The
 * decisions of one batch do not depend on each other.
 */
function next(world: World): readonly Decision[] {
  const reported = applyReports(world);
  if (reported.length > 0 || isOver(world.deployment)) return reported;
  const missing = stopWhenDeleted(world);
  const stopped = missing.length > 0 ? missing : stopOnAlarm(world);
  if (stopped.length > 0) return stopped;
  const underWay = [...timeOutSteps(world), ...advanceTargets(world)];
  return underWay.length > 0 ? underWay : nextInWorkflow(world, workflows[world.deployment.kind](world));
}

function nextInWorkflow(world: World, workflow: Workflow): readonly Decision[] {
  const progress = firstPending([alarmsRead, ...workflow.stages], world);
  // A stop that comes when the workflow is at its end already changes nothing.
  const isAtItsEnd = progress.is === "done" || (progress.is === "failed" && world.deployment.startTime !== undefined);
  const end = isAtItsEnd && !isCutShort(world) ? progress : (endingOf(world) ?? progress);
  switch (end.is) {
    case "due":
      return end.decisions;
    case "waiting":
      return [wait(world, end)];
    case "done":
      return finish(world, workflow, { as: "Succeeded" });
    case "failed":
      return windDown(world) ?? finish(world, workflow, end);
  }
}

/** Fails the steps that have taken too long. */
function timeOutSteps(world: World): readonly Decision[] {
  const late = world.deployment.steps.filter(
    ({ status, startTime }) => status === "InProgress" && world.now >= startTime + stepLimit,
  );
  return late.map((step) => {
    const state = step.progress === undefined ? "" : `: ${step.progress}`;
    const message = `It took longer than ${stepLimit / 60_000} minutes to ${step.name}${state}`;
    return failStep(world, step, { code: "TIMEOUT", message });
  });
}

const advanceTargets = (world: World): readonly Decision[] =>
  world.targets.flatMap((target) => (target.status === "InProgress" ? (nextOnTarget(world, target) ?? []) : []));

/**
 * Before an end that is not a success: skips the targets whose turn will not come, and lets those that are running end
 * (deployments.md §4.3 rule 4, §9.1). Undefined once nothing is left to wind down.
 */
function windDown(world: World): readonly Decision[] | undefined {
  const because = "the deployment ends before its turn";
  const left = world.targets.filter(({ status }) => status === "Pending" || status === "Ready");
  if (left.length > 0) return left.map(({ id }) => ({ do: "settle target", target: id, as: "Skipped", because }));
  const copying = world.deployment.steps.find(
    ({ name, status }) => name === "copy Auto Scaling group" && status === "InProgress",
  );
  if (copying !== undefined)
    return [failStep(world, copying, { code: "MANUAL_STOP", message: "The deployment ended while the copy was made" })];
  return isBusy(world) ? [wait(world)] : undefined;
}

function failStep({ now }: World, { id }: Step, error: ErrorInformation): Decision {
  return { do: "settle step", id, as: "Failed", at: now, error, because: error.message };
}

const isBusy = ({ targets, deployment }: World): boolean =>
  targets.some(({ status }) => status === "InProgress") ||
  deployment.steps.some(({ name, status }) => status === "InProgress" && name !== "record heartbeat");

/** Runs the cleanup stages, then ends the deployment. A success whose cleanup fails becomes a failure. */
function finish(
  world: World,
  workflow: Workflow,
  { as, error }: { readonly as: Outcome; readonly error?: ErrorInformation | undefined },
): readonly Decision[] {
  for (const stage of workflow.cleanupStages(as)) {
    const progress = stage(world);
    if (progress.is === "due") return progress.decisions;
    if (progress.is === "waiting") return [wait(world, progress)];
    if (progress.is === "failed" && as === "Succeeded")
      return [{ do: "finish", as: "Failed", error: progress.error, because: progress.error.message }];
  }
  if (error !== undefined) return [...explain(world), { do: "finish", as, error, because: error.message }];
  const succeeded = world.targets.filter(({ status }) => status === "Succeeded").length;
  return [{ do: "finish", as, because: `${succeeded} of ${world.targets.length} targets succeeded` }];
}

/** Warns of what failed first, and of what is left behind without an owner. */
function explain(world: World): readonly Decision[] {
  const cause = rootCause(world);
  const messages = [...(cause === undefined ? [] : [cause]), ...leftBehind(world)];
  return messages.map((because) => ({ do: "warn", because }));
}
