import type { Decision } from "./decision.ts";
import { commandId } from "./command-id.ts";
import type { Checkpoint } from "./effect.ts";
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

/** The world after a list of decisions. The store commits what it gives, and the simulator lives in it. */
export function evolveAll(world: World, decisions: readonly Decision[]): World {
  if (decisions.every(isIdle)) return world;
  return decisions.reduce(evolved, {
    ...world,
    targets: copyTargets(world.targets),
    reports: [...world.reports],
  });
}

/** The world after one decision. */
export const evolve = (world: World, decision: Decision): World => evolveAll(world, [decision]);

/** Whether a decision leaves the world as it is. */
export const isIdle = ({ do: what }: Decision): boolean => what === "wait" || what === "look up fleet";

/** A world on its way to the next one: its lists of targets and reports are nobody else's yet, and are changed in place. */
interface Draft extends World {
  readonly targets: Target[];
  readonly reports: Report[];
}

function evolved(world: Draft, decision: Decision): Draft {
  switch (decision.do) {
    case "begin":
      return onDeployment(world, { status: "InProgress", startTime: world.now });
    case "add targets":
      return {
        ...world,
        targets: [...world.targets, ...decision.targets.map((member) => newTarget(member, decision, world.now))],
      };
    case "run":
      return onEvent(world, decision, (event) => begun(event, world, decision), "InProgress");
    case "note start":
      return withoutReport(
        onEvent(world, decision, (event) => started(event, decision.at)),
        decision.commandId,
        "acknowledged",
      );
    case "note progress":
      return withoutReport(progressed(world, decision), decision.commandId, "progress");
    case "settle event":
      return withoutReport(
        onEvent(world, decision, (event) => settled(event, decision)),
        decision.commandId,
        "completed",
      );
    case "settle target":
      return onTarget(world, decision.target, (target) => settledTarget(target, decision.as, world.now));
    case "start step":
      return onDeployment(world, { steps: [...otherSteps(world, decision), newStep(world, decision)] });
    case "settle step":
      return withoutReport(settledStep(world, decision), decision.id, "completed");
    case "hold":
      return onDeployment(world, {
        holds: [...world.deployment.holds, { name: decision.hold, from: world.now, until: decision.until }],
        status: decision.hold === "READY_WAIT" ? "Ready" : world.deployment.status,
      });
    case "release":
      return onDeployment(world, {
        holds: world.deployment.holds.map((hold) => released(hold, decision.hold, world.now)),
        status: "InProgress",
      });
    case "warn":
      return onDeployment(world, { notes: [...world.deployment.notes, decision.because] });
    case "disregard report":
      return withoutReport(world, decision.commandId, decision.kind);
    case "stop":
      return onDeployment(world, { stopping: { at: world.now, error: decision.error, as: decision.as } });
    case "finish":
      return onDeployment(world, {
        status: decision.as,
        completeTime: world.now,
        // A heartbeat may still be under way, and concerns nobody any more.
        steps: world.deployment.steps.filter((step) => step.status !== "InProgress"),
        error: decision.error,
      });
    case "look up fleet":
    case "wait":
      return world;
  }
}

const onDeployment = (world: Draft, fields: Partial<Deployment>): Draft => ({
  ...world,
  deployment: { ...world.deployment, ...fields },
});

function newTarget(
  { id, arn, hostIdentifier, zone, deregistered }: FleetMember,
  { events, label }: Decision & { readonly do: "add targets" },
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

/** A host still has to pick its command up; a gateway begins at once. */
function begun(
  event: LifecycleEvent,
  { deployment, now }: World,
  { target, effect }: Decision & { readonly do: "run" },
): LifecycleEvent {
  const command: Command = { id: commandId(deployment.id, target, event.name), issuedAt: now };
  if (effect === undefined) return { ...event, command };
  return { ...event, status: "InProgress", startTime: now, command: { ...command, acknowledgedAt: now, effect } };
}

const started = (event: LifecycleEvent, at: number): LifecycleEvent => ({
  ...event,
  status: "InProgress",
  startTime: at,
  command: event.command && { ...event.command, acknowledgedAt: at },
});

function settled(
  event: LifecycleEvent,
  { as, at, diagnostics, error, agentIssue, isHostGone, checkpoint }: Decision & { readonly do: "settle event" },
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
    command: event.command && { ...event.command, checkpoint: merged(event.command.checkpoint, checkpoint) },
  };
}

/** What a gateway wants remembered, added to what it wanted before. */
const merged = (before: Checkpoint | undefined, more: Checkpoint | undefined): Checkpoint | undefined =>
  more === undefined ? before : { ...before, ...more };

function settledTarget(target: Target, as: Target["status"], now: number): Target {
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

function progressed(world: Draft, decision: Decision & { readonly do: "note progress" }): Draft {
  const { commandId: id, target, because: progress } = decision;
  const checkpointing = <Noting extends Step | Command>(before: Noting): Noting => ({
    ...before,
    progress,
    checkpoint: merged(before.checkpoint, decision.checkpoint),
  });
  if (target === undefined)
    return onDeployment(world, {
      steps: world.deployment.steps.map((step) => (step.id === id ? checkpointing(step) : step)),
    });
  return onTarget(world, target, (before) => ({
    ...before,
    events: before.events.map((event) =>
      event.command?.id === id ? { ...event, command: checkpointing(event.command) } : event,
    ),
  }));
}

function newStep({ deployment, now }: World, { step, effect }: Decision & { readonly do: "start step" }): Step {
  const again = deployment.steps.filter(({ name }) => name === step).length === 0 ? "" : `/${now}`;
  return { id: `${deployment.id}//${step}${again}`, name: step, effect, status: "InProgress", startTime: now };
}

/** Of steps that are done more than once only the last one is kept. */
const otherSteps = ({ deployment }: World, { step }: Decision & { readonly do: "start step" }) =>
  deployment.steps.filter(({ name }) => name !== step);

function settledStep(
  world: Draft,
  { id, as, at, error, checkpoint }: Decision & { readonly do: "settle step" },
): Draft {
  const steps = world.deployment.steps.map((step) =>
    step.id === id
      ? {
          ...step,
          status: as,
          endTime: at,
          error,
          checkpoint: merged(step.checkpoint, checkpoint),
        }
      : step,
  );
  const remarks = checkpoint?.remarks ?? [];
  return onDeployment(world, { steps, notes: [...world.deployment.notes, ...remarks] });
}

const released = (hold: Hold, name: Hold["name"], now: number): Hold =>
  hold.name === name && hold.endedAt === undefined ? { ...hold, endedAt: now } : hold;

function onTarget(world: Draft, id: string, change: (target: Target) => Target): Draft {
  const place = indexOfTarget(world.targets, id) ?? -1;
  const target = world.targets[place];
  if (target !== undefined) world.targets[place] = change(target);
  return world;
}

function onEvent(
  world: Draft,
  at: { readonly target: string; readonly event: LifecycleEventName },
  change: (event: LifecycleEvent) => LifecycleEvent,
  status?: Target["status"],
): Draft {
  return onTarget(world, at.target, (target) => ({
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
