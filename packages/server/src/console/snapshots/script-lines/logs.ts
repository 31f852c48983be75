import { isOver, type Target } from "@sluice/engine";
import type { Answer, LogLine, Logs } from "../../contract.ts";
import { badRequest } from "../../http/problem.ts";
import type { Viewer } from "../../rights/viewer.ts";
import type { LogLine as ScriptLine } from "../../../script-logs/log-line.ts";
import type { ScriptLogReader, SnapshotContext } from "../context.ts";
import type { AskedLines } from "./asked-lines.ts";
import { deploymentFor } from "../one-deployment/deployment.ts";
import { type ListQuery, listQuery } from "../list-query.ts";
import { levelOf } from "./log-level.ts";
import { tailLines } from "./log-tails.ts";
import { plainLines } from "./plain-text.ts";

const limitDefault = 400;
const limitMax = 1_000;

/** `GET /console/api/deployments/:id/logs`. */
export async function logs(
  viewer: Viewer,
  context: SnapshotContext,
  { id, query }: { readonly id: string; readonly query: URLSearchParams },
): Promise<Omit<Logs, keyof Answer>> {
  const { state } = await deploymentFor(viewer, context, id, "GetDeploymentTarget");
  const asked = askedIn(listQuery(query, ["position"]));
  const { scriptLogs, store } = context;
  const targets = store.deployments.targets(id);
  const { target, event } = asked;
  if (scriptLogs !== undefined) {
    const total = scriptLogs.count({ deploymentId: id, target, event });
    // While a deployment runs, whole logs may come at any time: there are no tails yet that would be left out.
    if (total > 0 || !isOver(state)) return wholeLines(scriptLogs, { ...asked, deploymentId: id, targets, total });
  }
  return tailLines(targets, asked);
}

function askedIn(query: ListQuery): AskedLines {
  const around = query.one("around");
  return {
    target: query.one("target"),
    event: query.one("event"),
    text: query.one("q")?.toLowerCase(),
    limit: Math.min(limitMax, Math.max(1, query.number("limit") ?? limitDefault)),
    after: query.number("after"),
    before: query.number("before"),
    around: around === undefined || around === "failure" ? around : placeOf(around),
  };
}

function placeOf(position: string): number {
  if (/^\d{1,15}$/.test(position)) return Number(position);
  throw badRequest("around must be failure, or a position, as lines have it");
}

interface AskedWhole extends AskedLines {
  readonly deploymentId: string;
  readonly targets: readonly Target[];
  readonly total: number;
}

type Found = Pick<Logs, "lines" | "earlier" | "later">;

/** Lines of logs that hosts send as a whole. */
function wholeLines(reader: ScriptLogReader, asked: AskedWhole): Omit<Logs, keyof Answer> {
  const found = foundLines(reader, asked);
  // What a text is in is counted as far as it was looked for.
  const isCounted = asked.text === undefined;
  return {
    ...found,
    total: isCounted ? asked.total : found.lines.length,
    ...(isCounted ? {} : { isTotalBounded: true as const }),
    isWhole: true,
  };
}

function foundLines(reader: ScriptLogReader, asked: AskedWhole): Found {
  const { limit, after, before, around } = asked;
  if (after !== undefined) return { ...below(reader, asked, after), earlier: String(after + 1) };
  if (before !== undefined) return { ...above(reader, asked, before), later: String(before - 1) };
  const middle = around === "failure" ? failureIn(reader, asked) : around;
  if (middle === undefined) return above(reader, asked, Number.MAX_SAFE_INTEGER);
  const half = Math.ceil(limit / 2);
  const first = above(reader, { ...asked, limit: half }, middle + 1);
  const rest = below(reader, { ...asked, limit: half }, middle);
  return { lines: [...first.lines, ...rest.lines], earlier: first.earlier, later: rest.later };
}

/** The lines after a position. */
function below(reader: ScriptLogReader, { text, ...asked }: AskedWhole, after: number): Found {
  const { lines, next } = reader.read({ ...filterOf(asked), search: text, after });
  const last = lines.at(-1)?.position ?? next;
  return { lines: lines.map(lineView), later: next === undefined ? undefined : String(last) };
}

/** The lines before a position. */
function above(reader: ScriptLogReader, { text, ...asked }: AskedWhole, before: number): Found {
  const { lines, next } = reader.read({ ...filterOf(asked), search: text, before, fromEnd: true });
  const first = lines[0]?.position ?? next;
  return { lines: lines.map(lineView), earlier: next === undefined ? undefined : String(first) };
}

const filterOf = ({ deploymentId, target, event, limit }: Omit<AskedWhole, "text">) => ({
  deploymentId,
  target,
  event,
  limit,
});

/** The last line of the event that has failed first; undefined when none has. */
function failureIn(reader: ScriptLogReader, { deploymentId, targets, target, event }: AskedWhole): number | undefined {
  let first: { readonly target: string; readonly event: string; readonly at: number } | undefined;
  for (const { id, events } of targets)
    for (const { name, status, endTime = Number.MAX_SAFE_INTEGER } of events) {
      const isAsked = (target === undefined || target === id) && (event === undefined || event === name);
      if (isAsked && status === "Failed" && endTime < (first?.at ?? Number.POSITIVE_INFINITY))
        first = { target: id, event: name, at: endTime };
    }
  if (first === undefined) return undefined;
  const of = { deploymentId, target: first.target, event: first.event };
  return reader.read({ ...of, fromEnd: true, limit: 1 }).lines[0]?.position;
}

/** A line as pages show it. */
export const lineView = ({ position, target, event, script, stream, line, at, text }: ScriptLine): LogLine => {
  const shown = plainLines(text);
  return { position: String(position), target, event, script, stream, line, at, text: shown, level: levelOf(shown) };
};
