import type { Target } from "@sluice/engine";
import type { LogLine, Logs } from "../../contract.ts";
import { levelOf } from "./log-level.ts";
import type { AskedLines } from "./asked-lines.ts";
import { plainLines } from "./plain-text.ts";

/** A line, and whether its event has failed. */
interface TailLine {
  readonly line: LogLine;
  readonly isFailed: boolean;
}

/** Lines of the ends of logs, which agents report when an event is over: all that there is of official agents. */
export function tailLines(
  targets: readonly Target[],
  asked: AskedLines,
): Pick<Logs, "lines" | "total" | "earlier" | "later" | "isWhole" | "cut"> {
  const { target, event, text, limit } = asked;
  const found = linesOf(targets).filter(
    ({ line }) =>
      (target === undefined || line.target === target) &&
      (event === undefined || line.event === event) &&
      (text === undefined || line.text.toLowerCase().includes(text)),
  );
  const start = startOf(found, asked);
  const shown = found.slice(start, start + limit).map(({ line }) => line);
  return {
    lines: shown,
    total: found.length,
    earlier: start > 0 ? shown[0]?.position : undefined,
    later: start + shown.length < found.length ? shown.at(-1)?.position : undefined,
    isWhole: false,
    cut: "These are the last 2,048 characters of each event: these agents report no more",
  };
}

function linesOf(targets: readonly Target[]): readonly TailLine[] {
  const lines: TailLine[] = [];
  for (const { id, events } of targets)
    for (const { name, status, diagnostics, endTime } of events) {
      if (diagnostics === undefined || diagnostics.logTail === "") continue;
      const { scriptName, logTail } = diagnostics;
      for (const [place, text] of plainLines(logTail).trimEnd().split("\n").entries()) {
        const about = { position: String(lines.length + 1), target: id, event: name, line: place + 1, at: endTime };
        const script = scriptName === "" ? undefined : scriptName;
        lines.push({ line: { ...about, script, ...headed(text) }, isFailed: status === "Failed" });
      }
    }
  return lines;
}

/** Agents put the stream in front of each line. */
function headed(line: string): Pick<LogLine, "text" | "stream" | "level"> {
  const stream = line.startsWith("[stdout]") ? "stdout" : line.startsWith("[stderr]") ? "stderr" : undefined;
  const text = stream === undefined ? line : line.slice(stream.length + 2);
  return { text, stream, level: levelOf(text) };
}

function startOf(lines: readonly TailLine[], { limit, after, before, around }: AskedLines): number {
  const from = (position: number) => {
    const place = lines.findIndex(({ line }) => Number(line.position) >= position);
    return place === -1 ? lines.length : place;
  };
  if (after !== undefined) return from(after + 1);
  if (before !== undefined) return Math.max(0, from(before) - limit);
  if (around === undefined) return Math.max(0, lines.length - limit);
  const middle = around === "failure" ? failureIn(lines) : from(around);
  return Math.max(0, Math.min(middle, lines.length - 1) - Math.floor(limit / 2));
}

/** The last line of the first event that has failed; of the log, when none has. */
function failureIn(lines: readonly TailLine[]): number {
  const first = lines.find(({ isFailed }) => isFailed)?.line;
  if (first === undefined) return lines.length - 1;
  return lines.findLastIndex(({ line }) => line.target === first.target && line.event === first.event);
}
