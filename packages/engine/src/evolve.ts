import type { Decision } from "./decision.ts";
import type {
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

/** The world after one decision. The store commits what it gives, and the simulator lives in it. */
export function evolve(world: World, decision: Decision): World {
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
      return onDeployment(world, { stopping: { at: world.now, error: decision.error } });
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

/** The world after a list of decisions. */
export const evolveAll = (world: World, decisions: readonly Decision[]): World => decisions.reduce(evolve, world);

/** The id of a command: the same for the same event of the same target, so that it can only ever be issued once. */
export const commandId = (deploymentId: string, targetId: string, event: LifecycleEventName): string =>
  `${deploymentId}/${targetId}/${event}`;

const onDeployment = (world: World, fields: Partial<Deployment>): World => ({
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
  { as, at, diagnostics, agentIssue, isHostGone, noted }: Decision & { readonly do: "settle event" },
): LifecycleEvent {
  const startTime = event.startTime ?? (as === "Skipped" ? undefined : event.command?.issuedAt);
  return {
    ...event,
    status: as,
    endTime: at,
    ...(startTime === undefined ? {} : { startTime }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
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

function progressed(world: World, decision: Decision & { readonly do: "note progress" }): World {
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

function settledStep(world: World, { id, as, at, error, noted }: Decision & { readonly do: "settle step" }): World {
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

function onTarget(world: World, id: string, change: (target: Target) => Target): World {
  const index = world.targets.findIndex((target) => target.id === id);
  const target = world.targets[index];
  return target === undefined ? world : { ...world, targets: world.targets.with(index, change(target)) };
}

function onEvent(
  world: World,
  at: { readonly target: string; readonly event: LifecycleEventName },
  change: (event: LifecycleEvent) => LifecycleEvent,
  status?: Target["status"],
): World {
  return onTarget(world, at.target, (target) => ({
    ...target,
    status: status ?? target.status,
    lastUpdatedAt: world.now,
    events: target.events.map((event) => (event.name === at.event ? change(event) : event)),
  }));
}

function withoutAnswer(world: World, commandId: string, kind: World["answers"][number]["kind"]): World {
  const first = world.answers.findIndex((answer) => answer.commandId === commandId && answer.kind === kind);
  return first < 0 ? world : { ...world, answers: world.answers.toSpliced(first, 1) };
}
