import type { Decision, DecisionOf } from "./decision.ts";
import { commandId } from "./command-id.ts";
import type { Checkpoint } from "./model/effect.ts";
import { copyTargets, indexOfTarget } from "./target-index.ts";
import type {
  Report,
  Command,
  Deployment,
  FleetMember,
  Hold,
  LifecycleEvent,
  LifecycleEventName,
  Step,
  Target,
  World,
} from "./world.ts";

/** Returns the world after a list of decisions. The store commits it, and the simulation continues with it. */
export function evolveAll(world: World, decisions: readonly Decision[]): World {
  if (decisions.every(isIdle)) return world;
  return decisions.reduce(apply, {
    ...world,
    targets: copyTargets(world.targets),
    reports: [...world.reports],
  });
}

/** Returns the world after one decision. */
export const evolve = (world: World, decision: Decision): World => evolveAll(world, [decision]);

/** Whether a decision leaves the world as it is. */
export const isIdle = ({ do: what }: Decision): boolean => what === "wait" || what === "look up fleet";

/**
 * A world on its way to the next one: nobody else has its lists of targets and reports yet, so they are changed in
 * place.
 */
interface Draft extends World {
  readonly targets: Target[];
  readonly reports: Report[];
}

function apply(world: Draft, decision: Decision): Draft {
  switch (decision.do) {
    case "begin":
      return changeDeployment(world, { status: "InProgress", startTime: world.now });
    case "add targets":
      return {
        ...world,
        targets: [...world.targets, ...decision.targets.map((member) => newTarget(member, decision, world.now))],
      };
    case "run":
      return changeEvent(world, decision, (event) => withCommand(event, world, decision), "InProgress");
    case "note start":
      return withoutReport(
        changeEvent(world, decision, (event) => withStart(event, decision.at)),
        decision.commandId,
        "acknowledged",
      );
    case "note progress":
      return withoutReport(withProgress(world, decision), decision.commandId, "progress");
    case "settle event":
      return withoutReport(
        changeEvent(world, decision, (event) => withEnd(event, decision)),
        decision.commandId,
        "completed",
      );
    case "settle target":
      return changeTarget(world, decision.target, (target) => withTargetStatus(target, decision.as, world.now));
    case "start step":
      return changeDeployment(world, { steps: [...otherSteps(world, decision), newStep(world, decision)] });
    case "settle step":
      return withoutReport(withStepEnd(world, decision), decision.id, "completed");
    case "hold":
      return changeDeployment(world, {
        holds: [...world.deployment.holds, { name: decision.hold, from: world.now, until: decision.until }],
        status: decision.hold === "READY_WAIT" ? "Ready" : world.deployment.status,
      });
    case "release":
      return changeDeployment(world, {
        holds: world.deployment.holds.map((hold) => withRelease(hold, decision.hold, world.now)),
        status: "InProgress",
      });
    case "warn":
      return changeDeployment(world, { notes: [...world.deployment.notes, decision.because] });
    case "disregard report":
      return withoutReport(world, decision.commandId, decision.kind);
    case "stop":
      return changeDeployment(world, { stopping: { at: world.now, error: decision.error, as: decision.as } });
    case "finish":
      return changeDeployment(world, {
        status: decision.as,
        completeTime: world.now,
        // A heartbeat may still be in progress; its result no longer matters.
        steps: world.deployment.steps.filter((step) => step.status !== "InProgress"),
        error: decision.error,
      });
    case "look up fleet":
    case "wait":
      return world;
  }
}

const changeDeployment = (world: Draft, fields: Partial<Deployment>): Draft => ({
  ...world,
  deployment: { ...world.deployment, ...fields },
});

function newTarget(
  { id, arn, hostIdentifier, zone, deregistered }: FleetMember,
  { events, label }: DecisionOf<"add targets">,
  now: number,
): Target {
  return {
    id,
    arn,
    hostIdentifier,
    label,
    zone,
    deregistered,
    status: "Pending",
    lastUpdatedAt: now,
    events: events.map((name) => ({ name, status: "Pending" })),
  };
}

/** A host still has to acknowledge its command; a gateway begins at once. */
function withCommand(
  event: LifecycleEvent,
  { deployment, now }: World,
  { target, effect }: DecisionOf<"run">,
): LifecycleEvent {
  const command: Command = { id: commandId(deployment.id, target, event.name), issuedAt: now };
  if (effect === undefined) return { ...event, command };
  return { ...event, status: "InProgress", startTime: now, command: { ...command, acknowledgedAt: now, effect } };
}

const withStart = (event: LifecycleEvent, at: number): LifecycleEvent => ({
  ...event,
  status: "InProgress",
  startTime: at,
  command: event.command && { ...event.command, acknowledgedAt: at },
});

function withEnd(
  event: LifecycleEvent,
  { as, at, diagnostics, error, agentIssue, isHostGone, checkpoint }: DecisionOf<"settle event">,
): LifecycleEvent {
  const startTime = event.startTime ?? (as === "Skipped" ? undefined : event.command?.issuedAt);
  return {
    ...event,
    status: as,
    endTime: at,
    startTime,
    diagnostics,
    error,
    agentIssue,
    isHostGone,
    command: event.command && { ...event.command, checkpoint: addFacts(event.command.checkpoint, checkpoint) },
  };
}

/** Adds new facts to a checkpoint. */
const addFacts = (before: Checkpoint | undefined, more: Checkpoint | undefined): Checkpoint | undefined =>
  more === undefined ? before : { ...before, ...more };

function withTargetStatus(target: Target, as: Target["status"], now: number): Target {
  const isOver = as !== "Ready";
  return {
    ...target,
    status: as,
    lastUpdatedAt: now,
    events: target.events.map((event) =>
      isOver && event.status === "Pending" ? { ...event, status: "Skipped", endTime: now } : event,
    ),
  };
}

function withProgress(world: Draft, decision: DecisionOf<"note progress">): Draft {
  const { commandId: id, target, because: progress } = decision;
  const checkpointing = <Noting extends Step | Command>(before: Noting): Noting => ({
    ...before,
    progress,
    checkpoint: addFacts(before.checkpoint, decision.checkpoint),
  });
  if (target === undefined)
    return changeDeployment(world, {
      steps: world.deployment.steps.map((step) => (step.id === id ? checkpointing(step) : step)),
    });
  return changeTarget(world, target, (before) => ({
    ...before,
    events: before.events.map((event) =>
      event.command?.id === id ? { ...event, command: checkpointing(event.command) } : event,
    ),
  }));
}

function newStep({ deployment, now }: World, { step, effect }: DecisionOf<"start step">): Step {
  const again = deployment.steps.filter(({ name }) => name === step).length === 0 ? "" : `/${now}`;
  return { id: `${deployment.id}//${step}${again}`, name: step, effect, status: "InProgress", startTime: now };
}

/** Of a step that is repeated, only the last run is kept. */
const otherSteps = ({ deployment }: World, { step }: DecisionOf<"start step">) =>
  deployment.steps.filter(({ name }) => name !== step);

function withStepEnd(world: Draft, { id, as, at, error, checkpoint }: DecisionOf<"settle step">): Draft {
  const steps = world.deployment.steps.map((step) =>
    step.id === id
      ? {
          ...step,
          status: as,
          endTime: at,
          error,
          checkpoint: addFacts(step.checkpoint, checkpoint),
        }
      : step,
  );
  const remarks = checkpoint?.remarks ?? [];
  return changeDeployment(world, { steps, notes: [...world.deployment.notes, ...remarks] });
}

const withRelease = (hold: Hold, name: Hold["name"], now: number): Hold =>
  hold.name === name && hold.endedAt === undefined ? { ...hold, endedAt: now } : hold;

function changeTarget(world: Draft, id: string, change: (target: Target) => Target): Draft {
  const place = indexOfTarget(world.targets, id) ?? -1;
  const target = world.targets[place];
  if (target !== undefined) world.targets[place] = change(target);
  return world;
}

function changeEvent(
  world: Draft,
  at: { readonly target: string; readonly event: LifecycleEventName },
  change: (event: LifecycleEvent) => LifecycleEvent,
  status?: Target["status"],
): Draft {
  return changeTarget(world, at.target, (target) => ({
    ...target,
    status: status ?? target.status,
    lastUpdatedAt: world.now,
    events: target.events.map((event) => (event.name === at.event ? change(event) : event)),
  }));
}

function withoutReport(world: Draft, commandId: string, kind: Report["kind"]): Draft {
  const first = world.reports.findIndex((report) => report.commandId === commandId && report.kind === kind);
  if (first >= 0) world.reports.splice(first, 1);
  return world;
}
