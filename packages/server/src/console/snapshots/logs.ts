import type { Target } from "@sluice/engine";
import type { Answer, LogLine, Logs } from "../contract.ts";
import { badRequest } from "../http/problem.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "./context.ts";
import { deploymentFor } from "./deployment.ts";
import { listQuery } from "./list-query.ts";
import { plainLines } from "./plain-text.ts";

const limitDefault = 400;
const limitMax = 1_000;

/** `GET /console/api/deployments/:id/logs`, of the tails that agents report with the end of an event. */
export async function logTails(
  viewer: Viewer,
  context: SnapshotContext,
  { id, query }: { readonly id: string; readonly query: URLSearchParams },
): Promise<Omit<Logs, keyof Answer>> {
  await deploymentFor(viewer, context, id, "GetDeploymentTarget");
  const asked = listQuery(query, ["position"]);
  const [target, event, text] = [asked.one("target"), asked.one("event"), asked.one("q")?.toLowerCase()];
  const limit = Math.min(limitMax, Math.max(1, asked.number("limit") ?? limitDefault));
  const lines = linesOf(context.store.deployments.targets(id)).filter(
    (line) =>
      (target === undefined || line.target === target) &&
      (event === undefined || line.event === event) &&
      (text === undefined || line.text.toLowerCase().includes(text)),
  );
  const start = startOf(lines, {
    limit,
    after: asked.one("after"),
    before: asked.one("before"),
    around: asked.one("around"),
  });
  const shown = lines.slice(start, start + limit);
  return {
    lines: shown,
    total: lines.length,
    earlier: start > 0 ? shown[0]?.position : undefined,
    later: start + shown.length < lines.length ? shown.at(-1)?.position : undefined,
    isWhole: false,
    cut: "These are the last 2,048 characters of each event: agents report no more",
  };
}

/** Events that have failed, by their lines. */
const failed = new WeakSet<LogLine>();

function linesOf(targets: readonly Target[]): readonly LogLine[] {
  const lines: LogLine[] = [];
  const add = (line: LogLine, isFailed: boolean) => {
    lines.push(line);
    if (isFailed) failed.add(line);
  };
  for (const { id, events } of targets)
    for (const { name, status, diagnostics, endTime } of events) {
      if (diagnostics === undefined || diagnostics.logTail === "") continue;
      const { scriptName, logTail } = diagnostics;
      for (const [place, line] of plainLines(logTail).trimEnd().split("\n").entries())
        add(
          {
            position: String(lines.length + 1),
            target: id,
            event: name,
            ...headed(line, scriptName),
            line: place + 1,
            at: endTime,
          },
          status === "Failed",
        );
    }
  return lines;
}

/** Agents put the stream in front of each line. */
function headed(line: string, script: string): Pick<LogLine, "text" | "stream" | "script" | "level"> {
  const [, stream, rest] = /^\[(stdout|stderr)\](.*)$/s.exec(line) ?? [];
  const text = rest ?? line;
  const level = /\b(error|fatal|failed|exception|traceback)\b/i.test(text)
    ? ("error" as const)
    : /\bwarn(ing)?\b/i.test(text)
      ? ("warning" as const)
      : undefined;
  return { text, stream: stream as LogLine["stream"], script: script === "" ? undefined : script, level }; // one of the two
}

function startOf(
  lines: readonly LogLine[],
  asked: {
    readonly limit: number;
    readonly after?: string | undefined;
    readonly before?: string | undefined;
    readonly around?: string | undefined;
  },
): number {
  const { limit, after, before, around } = asked;
  if (after !== undefined)
    return lines.findIndex(isAfter(after)) === -1 ? lines.length : lines.findIndex(isAfter(after));
  if (before !== undefined) {
    const end = lines.findLastIndex(({ position }) => Number(position) < placeOf(before)) + 1;
    return Math.max(0, end - limit);
  }
  if (around === undefined) return 0;
  const middle =
    around === "failure" ? failureIn(lines) : lines.findIndex(({ position }) => Number(position) >= placeOf(around));
  return Math.max(0, Math.min(middle, lines.length - 1) - Math.floor(limit / 2));
}

const isAfter = (after: string) => {
  const place = placeOf(after);
  return ({ position }: LogLine) => Number(position) > place;
};

/** The last line of the first event that has failed. */
function failureIn(lines: readonly LogLine[]): number {
  const first = lines.findIndex((line) => failed.has(line));
  if (first === -1) return Math.max(0, lines.length - 1);
  const { target, event } = lines[first] ?? {};
  return lines.findLastIndex((line) => line.target === target && line.event === event);
}

function placeOf(position: string): number {
  if (/^\d{1,9}$/.test(position)) return Number(position);
  throw badRequest("after, before and around must be positions, as lines have them");
}
