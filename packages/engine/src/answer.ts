import { targetIn } from "./command-id.ts";
import { targetOf } from "./places.ts";
import type { Decision } from "./decision.ts";
import type { Answer, LifecycleEvent, Step, World } from "./world.ts";

/** What the oldest answer to each command means that nobody has dealt with. */
export function onAnswers(world: World): readonly Decision[] {
  const oldest = new Map<string, Answer>();
  for (const answer of world.answers) if (!oldest.has(answer.commandId)) oldest.set(answer.commandId, answer);
  if (oldest.size === 0) return [];
  return [...oldest.values()].map((answer) => {
    const step = world.deployment.steps.find(({ id }) => id === answer.commandId);
    if (step !== undefined) return ofStep(answer, step);
    const at = commandedBy(world, answer.commandId);
    return at === undefined
      ? disregard(answer, "this deployment has given no such command")
      : ofEvent(answer, at.target, at.event);
  });
}

/** The event that a command is about; undefined when this deployment has not given it. */
function commandedBy({ deployment, targets }: World, id: string) {
  const target = targetOf(targets, targetIn(deployment.id, id));
  const event = target?.events.find(({ command }) => command?.id === id);
  return target === undefined || event === undefined ? undefined : { target: target.id, event };
}

function ofEvent(answer: Answer, target: string, event: LifecycleEvent): Decision {
  if (event.status !== "Pending" && event.status !== "InProgress")
    return disregard(answer, `${event.name} is over: it has ${event.status}`);
  const about = { commandId: answer.commandId, target, event: event.name, at: answer.at };
  switch (answer.kind) {
    case "acknowledged":
      return event.status === "InProgress"
        ? disregard(answer, `${event.name} runs already`)
        : { do: "note start", ...about, because: "the host has picked it up" };
    case "progress":
      return { do: "note progress", commandId: answer.commandId, target, ...noted(answer), because: answer.because };
    case "completed": {
      const { status, diagnostics, error } = answer;
      const who = sayers[event.command?.work?.work ?? ""] ?? "the load balancers say so";
      const because = status === "Succeeded" ? who : (diagnostics?.message ?? who);
      const told = diagnostics === undefined ? {} : { diagnostics };
      return { do: "settle event", ...about, as: status, ...told, error, ...noted(answer), because };
    }
  }
}

/** Who says that an event has ended. */
const sayers: Readonly<Record<string, string>> = {
  "": "the host says so",
  "run hook": "the hook's function says so",
  "shift traffic": "the alias leads there",
};

function ofStep(answer: Answer, step: Step): Decision {
  if (step.status !== "InProgress") return disregard(answer, `"${step.name}" is over: it has ${step.status}`);
  switch (answer.kind) {
    case "acknowledged":
      return disregard(answer, "a step needs no acknowledgement");
    case "progress":
      return { do: "note progress", commandId: answer.commandId, ...noted(answer), because: answer.because };
    case "completed": {
      const { status, error, at } = answer;
      const because = error?.message ?? `"${step.name}" has ${status}`;
      const told = error === undefined ? {} : { error };
      return { do: "settle step", id: step.id, as: status, at, ...told, ...noted(answer), because };
    }
  }
}

const disregard = ({ commandId, kind }: Answer, because: string): Decision => ({
  do: "disregard answer",
  commandId,
  kind,
  because,
});

const noted = (answer: Exclude<Answer, { kind: "acknowledged" }>) =>
  answer.noted === undefined ? {} : { noted: answer.noted };
