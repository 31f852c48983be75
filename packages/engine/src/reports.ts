import { targetIn } from "./command-id.ts";
import { targetOf } from "./target-index.ts";
import type { Decision } from "./decision.ts";
import type { Report, LifecycleEvent, Step, World } from "./world.ts";

/** Returns what the oldest open report about each command means. */
export function applyReports(world: World): readonly Decision[] {
  const oldest = new Map<string, Report>();
  for (const report of world.reports) if (!oldest.has(report.commandId)) oldest.set(report.commandId, report);
  if (oldest.size === 0) return [];
  return [...oldest.values()].map((report) => {
    const step = world.deployment.steps.find(({ id }) => id === report.commandId);
    if (step !== undefined) return applyToStep(report, step);
    const at = commandedBy(world, report.commandId);
    return at === undefined
      ? disregard(report, "this deployment has given no such command")
      : applyToEvent(report, at.target, at.event);
  });
}

/** Returns the event of a command; undefined when this deployment has not issued it. */
function commandedBy({ deployment, targets }: World, id: string) {
  const target = targetOf(targets, targetIn(deployment.id, id));
  const event = target?.events.find(({ command }) => command?.id === id);
  return target === undefined || event === undefined ? undefined : { target: target.id, event };
}

function applyToEvent(report: Report, target: string, event: LifecycleEvent): Decision {
  if (event.status !== "Pending" && event.status !== "InProgress")
    return disregard(report, `${event.name} is over: it has ${event.status}`);
  const about = { commandId: report.commandId, target, event: event.name, at: report.at };
  switch (report.kind) {
    case "acknowledged":
      return event.status === "InProgress"
        ? disregard(report, `${event.name} runs already`)
        : { do: "note start", ...about, because: "the host has picked it up" };
    case "progress":
      return {
        do: "note progress",
        commandId: report.commandId,
        target,
        checkpoint: report.checkpoint,
        because: report.because,
      };
    case "completed": {
      const { status, diagnostics, error } = report;
      const who = endReasons[event.command?.effect?.kind ?? ""] ?? "the load balancers say so";
      const because = status === "Succeeded" ? who : (diagnostics?.message ?? who);
      return { do: "settle event", ...about, as: status, diagnostics, error, checkpoint: report.checkpoint, because };
    }
  }
}

/** The reasons for the end of an event, by the kind of effect; "" for a host's own events. */
const endReasons: Readonly<Record<string, string>> = {
  "": "the host says so",
  "run hook": "the hook's function says so",
  "shift traffic": "the alias leads there",
  "create task set": "the tasks are steady",
  "route test traffic": "the test listener leads there",
  "shift service": "the listener leads there",
  "restore service": "the original tasks serve again",
};

function applyToStep(report: Report, step: Step): Decision {
  if (step.status !== "InProgress") return disregard(report, `"${step.name}" is over: it has ${step.status}`);
  switch (report.kind) {
    case "acknowledged":
      return disregard(report, "a step needs no acknowledgement");
    case "progress":
      return {
        do: "note progress",
        commandId: report.commandId,
        checkpoint: report.checkpoint,
        because: report.because,
      };
    case "completed": {
      const { status, error, at } = report;
      const because = error?.message ?? `"${step.name}" has ${status}`;
      return { do: "settle step", id: step.id, as: status, at, error, checkpoint: report.checkpoint, because };
    }
  }
}

const disregard = ({ commandId, kind }: Report, because: string): Decision => ({
  do: "disregard report",
  commandId,
  kind,
  because,
});
