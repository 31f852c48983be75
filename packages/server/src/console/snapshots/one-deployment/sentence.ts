import { type Deployment, isOver } from "@sluice/engine";
import type { Counts, Waiting } from "../../contract.ts";

/** A deployment's state in one sentence. */
export function sentenceOf(state: Deployment, counts: Counts, waiting: Waiting | undefined): string {
  if (isOver(state)) return ended(state, counts);
  if (state.stopRequestedAt !== undefined) return `Stops: ${progress(counts)}`;
  if (state.stopping !== undefined) return `Stops: ${state.stopping.error.message}`;
  if (waiting !== undefined) return waiting.text;
  if (state.startTime === undefined) return "Has not begun yet";
  const step = state.steps.find(({ status }) => status === "InProgress");
  return step === undefined ? progress(counts) : `${sentenceCase(step.progress ?? step.name)}; ${progress(counts)}`;
}

function ended(state: Deployment, counts: Counts): string {
  if (state.status === "Succeeded")
    return (counts.Failed ?? 0) === 0
      ? `Succeeded on ${hosts(counts.Succeeded ?? 0)}`
      : `Succeeded on ${counts.Succeeded ?? 0} of ${hosts(counts.total)}; ${counts.Failed ?? 0} failed, as many as may`;
  const what = `${state.status}: ${counts.Failed ?? 0} of ${hosts(counts.total)} failed`;
  return state.error === undefined ? what : `${what}. ${state.error.message}`;
}

function progress(counts: Counts): string {
  const done = (counts.Succeeded ?? 0) + (counts.Failed ?? 0) + (counts.Skipped ?? 0);
  const running = counts.InProgress ?? 0;
  const failed = counts.Failed ?? 0;
  return `${done} of ${hosts(counts.total)} done, ${running} running${failed === 0 ? "" : `, ${failed} failed`}`;
}

const hosts = (count: number): string => `${count} target${count === 1 ? "" : "s"}`;

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
