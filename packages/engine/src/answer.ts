import type { Answer, Decision, LifecycleEvent, World } from "./world.ts";

/** What the oldest answer of a host that nobody has dealt with means. */
export function nextAnswer(world: World): Decision | undefined {
  const [answer] = world.answers;
  if (answer === undefined) return undefined;
  const event = world.targets.flatMap(({ events }) => events).find(({ command }) => command?.id === answer.commandId);
  const { commandId, kind } = answer;
  if (event === undefined)
    return { do: "disregard answer", commandId, kind, because: "this deployment has given no such command" };
  if (event.status !== "Pending" && event.status !== "InProgress")
    return { do: "disregard answer", commandId, kind, because: `${event.name} is over: it has ${event.status}` };
  return kind === "acknowledged" ? acknowledged(answer, event) : completed(answer, event);
}

function acknowledged({ commandId, kind, targetId, at }: Answer, event: LifecycleEvent): Decision {
  if (event.status === "InProgress")
    return { do: "disregard answer", commandId, kind, because: `${event.name} runs already` };
  return { do: "note start", commandId, target: targetId, event: event.name, at, because: "the host has picked it up" };
}

function completed({ commandId, targetId, at, status, diagnostics }: Answer, event: LifecycleEvent): Decision {
  const as = status ?? "Failed";
  const because = as === "Succeeded" ? "the host says so" : (diagnostics?.message ?? "the host says so");
  return {
    do: "settle event",
    commandId,
    target: targetId,
    event: event.name,
    as,
    at,
    ...(diagnostics === undefined ? {} : { diagnostics }),
    because,
  };
}
