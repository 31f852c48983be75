import type {
  Command,
  Decision,
  Deployment,
  FleetMember,
  LifecycleEvent,
  LifecycleEventName,
  Target,
  World,
} from "./world.ts";

/** The world after one decision. The store commits what it gives, and the simulator lives in it. */
export function evolve(world: World, decision: Decision): World {
  switch (decision.do) {
    case "begin":
      return {
        ...world,
        deployment: { ...world.deployment, status: "InProgress", startTime: world.now },
        targets: decision.targets.map((member) => newTarget(member, decision.events, world.now)),
      };
    case "run":
      return onEvent(
        world,
        decision,
        (event) => ({ ...event, command: newCommand(world, decision.target, decision.event) }),
        "InProgress",
      );
    case "note start":
      return withoutAnswer(
        onEvent(world, decision, (event) => ({
          ...event,
          status: "InProgress",
          startTime: decision.at,
          ...(event.command === undefined ? {} : { command: { ...event.command, acknowledgedAt: decision.at } }),
        })),
        decision.commandId,
        "acknowledged",
      );
    case "settle event":
      return withoutAnswer(
        onEvent(world, decision, (event) => settled(event, decision)),
        decision.commandId,
        "completed",
      );
    case "settle target":
      return onTarget(world, decision.target, (target) => ({
        ...target,
        status: decision.as,
        lastUpdatedAt: world.now,
        events: target.events.map((event) => (event.status === "Pending" ? skipped(event, world.now) : event)),
      }));
    case "disregard answer":
      return withoutAnswer(world, decision.commandId, decision.kind);
    case "finish":
      return { ...world, deployment: finished(world.deployment, decision, world.now) };
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

function newTarget(
  { id, arn, hostIdentifier }: FleetMember,
  events: readonly LifecycleEventName[],
  now: number,
): Target {
  return {
    id,
    arn,
    hostIdentifier,
    status: "Pending",
    lastUpdatedAt: now,
    events: events.map((name) => ({ name, status: "Pending" })),
  };
}

const newCommand = ({ deployment, now }: World, target: string, event: LifecycleEventName): Command => ({
  id: commandId(deployment.id, target, event),
  issuedAt: now,
});

function settled(
  event: LifecycleEvent,
  { as, at, diagnostics }: Decision & { readonly do: "settle event" },
): LifecycleEvent {
  const startTime = event.startTime ?? (as === "Skipped" ? undefined : event.command?.issuedAt);
  return {
    ...event,
    status: as,
    endTime: at,
    ...(startTime === undefined ? {} : { startTime }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
  };
}

const skipped = (event: LifecycleEvent, now: number): LifecycleEvent => ({ ...event, status: "Skipped", endTime: now });

function finished(
  deployment: Deployment,
  { as, error }: Decision & { readonly do: "finish" },
  now: number,
): Deployment {
  return { ...deployment, status: as, completeTime: now, ...(error === undefined ? {} : { error }) };
}

function onTarget(world: World, id: string, change: (target: Target) => Target): World {
  return { ...world, targets: world.targets.map((target) => (target.id === id ? change(target) : target)) };
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

function withoutAnswer(world: World, commandId: string, kind: "acknowledged" | "completed"): World {
  const first = world.answers.findIndex((answer) => answer.commandId === commandId && answer.kind === kind);
  return first < 0 ? world : { ...world, answers: world.answers.toSpliced(first, 1) };
}
