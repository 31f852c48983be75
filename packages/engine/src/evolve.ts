import type { Decision } from "./decision.ts";
import { commandId } from "./command-id.ts";
import { copyOf, placeOf } from "./places.ts";
import type {
  Answer,
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
    targets: copyOf(world.targets),
    answers: [...world.answers],
  });
}

/** The world after one decision. */
export const evolve = (world: World, decision: Decision): World => evolveAll(world, [decision]);

/** Whether a decision leaves the world as it is. */
export const isIdle = ({ do: what }: Decision): boolean => what === "wait" || what === "look up fleet";

/** A world on its way to the next one: its lists of targets and answers are nobody else's yet, and are changed in place. */
interface Draft extends World {
  readonly targets: Target[];
  readonly answers: Answer[];
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
      return withoutAnswer(
        onEvent(world, decision, (event) => started(event, decision.at)),
        decision.commandId,
        "acknowledged",
      );
    case "note progress":
      return withoutAnswer(progressed(world, decision), decision.commandId, "progress");
    case "settle event":
      return withoutAnswer(
        onEvent(world, decision, (event) => settled(event, decision)),
        decision.commandId,
        "completed",
      );
    case "settle target":
      return onTarget(world, decision.target, (target) => settledTarget(target, decision.as, world.now));
    case "start step":
      return onDeployment(world, { steps: [...otherSteps(world, decision), newStep(world, decision)] });
    case "settle step":
      return withoutAnswer(settledStep(world, decision), decision.id, "completed");
    case "hold":
      return onDeployment(world, {
        holds: [...world.deployment.holds, { name: decision.hold, from: world.now, until: decision.until }],
        ...(decision.hold === "READY_WAIT" ? { status: "Ready" as const } : {}),
      });
    case "release":
      return onDeployment(world, {
        holds: world.deployment.holds.map((hold) => released(hold, decision.hold, world.now)),
        status: "InProgress",
      });
    case "warn":
      return onDeployment(world, { notes: [...world.deployment.notes, decision.because] });
    case "disregard answer":
      return withoutAnswer(world, decision.commandId, decision.kind);
    case "stop":
      return onDeployment(world, { stopping: { at: world.now, error: decision.error, as: decision.as } });
    case "finish":
      return onDeployment(world, {
        status: decision.as,
        completeTime: world.now,
        // A heartbeat may still be under way, and concerns nobody any more.
        steps: world.deployment.steps.filter((step) => step.status !== "InProgress"),
        ...(decision.error === undefined ? {} : { error: decision.error }),
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
  { id, arn, hostIdentifier, zone, takenOut }: FleetMember,
  { events, label }: Decision & { readonly do: "add targets" },
  now: number,
): Target {
  return {
    id,
    arn,
    hostIdentifier,
    ...(label === undefined ? {} : { label }),
    ...(zone === undefined ? {} : { zone }),
    ...(takenOut === undefined ? {} : { takenOut }),
    status: "Pending",
    lastUpdatedAt: now,
    events: events.map((name) => ({ name, status: "Pending" })),
  };
}

/** A host still has to pick its command up; a gateway begins at once. */
function begun(
  event: LifecycleEvent,
  { deployment, now }: World,
  { target, work }: Decision & { readonly do: "run" },
): LifecycleEvent {
  const command: Command = { id: commandId(deployment.id, target, event.name), issuedAt: now };
  if (work === undefined) return { ...event, command };
  return { ...event, status: "InProgress", startTime: now, command: { ...command, acknowledgedAt: now, work } };
}

const started = (event: LifecycleEvent, at: number): LifecycleEvent => ({
  ...event,
  status: "InProgress",
  startTime: at,
  ...(event.command === undefined ? {} : { command: { ...event.command, acknowledgedAt: at } }),
});

function settled(
  event: LifecycleEvent,
  { as, at, diagnostics, error, agentIssue, isHostGone, noted }: Decision & { readonly do: "settle event" },
): LifecycleEvent {
  const startTime = event.startTime ?? (as === "Skipped" ? undefined : event.command?.issuedAt);
  return {
    ...event,
    status: as,
    endTime: at,
    ...(startTime === undefined ? {} : { startTime }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
    ...(error === undefined ? {} : { error }),
    ...(agentIssue === undefined ? {} : { agentIssue }),
    ...(isHostGone === undefined ? {} : { isHostGone }),
    ...(noted === undefined || event.command === undefined
      ? {}
      : { command: { ...event.command, noted: { ...event.command.noted, ...noted } } }),
  };
}

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
  const noting = <Noting extends Step | Command>(before: Noting): Noting => ({
    ...before,
    progress,
    ...(decision.noted === undefined ? {} : { noted: { ...before.noted, ...decision.noted } }),
  });
  if (target === undefined)
    return onDeployment(world, {
      steps: world.deployment.steps.map((step) => (step.id === id ? noting(step) : step)),
    });
  return onTarget(world, target, (before) => ({
    ...before,
    events: before.events.map((event) =>
      event.command?.id === id ? { ...event, command: noting(event.command) } : event,
    ),
  }));
}

function newStep({ deployment, now }: World, { step, work }: Decision & { readonly do: "start step" }): Step {
  const again = deployment.steps.filter(({ name }) => name === step).length === 0 ? "" : `/${now}`;
  return { id: `${deployment.id}//${step}${again}`, name: step, work, status: "InProgress", startTime: now };
}

/** Of steps that are done more than once only the last one is kept. */
const otherSteps = ({ deployment }: World, { step }: Decision & { readonly do: "start step" }) =>
  deployment.steps.filter(({ name }) => name !== step);

function settledStep(world: Draft, { id, as, at, error, noted }: Decision & { readonly do: "settle step" }): Draft {
  const steps = world.deployment.steps.map((step) =>
    step.id === id
      ? {
          ...step,
          status: as,
          endTime: at,
          ...(error === undefined ? {} : { error }),
          ...(noted === undefined ? {} : { noted: { ...step.noted, ...noted } }),
        }
      : step,
  );
  const remarks = noted?.remarks ?? [];
  return onDeployment(world, { steps, notes: [...world.deployment.notes, ...remarks] });
}

const released = (hold: Hold, name: Hold["name"], now: number): Hold =>
  hold.name === name && hold.endedAt === undefined ? { ...hold, endedAt: now } : hold;

function onTarget(world: Draft, id: string, change: (target: Target) => Target): Draft {
  const place = placeOf(world.targets, id) ?? -1;
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

function withoutAnswer(world: Draft, commandId: string, kind: Answer["kind"]): Draft {
  const first = world.answers.findIndex((answer) => answer.commandId === commandId && answer.kind === kind);
  if (first >= 0) world.answers.splice(first, 1);
  return world;
}
