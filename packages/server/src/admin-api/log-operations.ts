import { isOver } from "@sluice/engine";
import { Fault } from "@sluice/aws-protocol";
import type { LogLine } from "../script-logs/log-line.ts";
import type { Store } from "../store/index.ts";
import type { ScriptLogs } from "../store/script-logs.ts";

/** Which lines are asked for. */
export interface LogLinesRequest {
  readonly deploymentId?: string | undefined;
  readonly targetId?: string | undefined;
  readonly event?: string | undefined;
  /** Only lines with this text, in capitals or not. */
  readonly search?: string | undefined;
  /** Only lines after this position. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

/** Lines, and where to go on. */
export interface LogLines {
  readonly lines: readonly LogLine[];
  /** For the next request, also when there is nothing more yet. */
  readonly after: number;
  /** Whether there is more already. */
  readonly isMore: boolean;
  /** Whether the deployment is over. */
  readonly isOver: boolean;
  /** Ends of logs that agents have reported and did not send as a whole; with the first lines only. */
  readonly tails: readonly LogTail[];
}

/** The end of an event's log. */
export interface LogTail {
  readonly target: string;
  readonly event: string;
  readonly script?: string | undefined;
  readonly lines: readonly string[];
}

/** Lines of an answer at most. */
const linesMax = 5_000;

/** Ends of logs in an answer at most. */
const tailsMax = 200;

/** Returns lines of a deployment's scripts. Throws for a deployment that is unknown, and for numbers that are none. */
export function logLines(
  { store, scriptLogs }: { readonly store: Store; readonly scriptLogs: ScriptLogs },
  { deploymentId = "", targetId: target, event, search, after = 0, limit = 1_000 }: LogLinesRequest,
): LogLines {
  const record = store.deployments.byId(deploymentId);
  if (record === undefined)
    throw new Fault("DeploymentDoesNotExistException", `The deployment ${deploymentId} could not be found`);
  if (!Number.isSafeInteger(after) || after < 0 || !Number.isSafeInteger(limit) || limit < 1 || limit > linesMax)
    throw new Fault(
      "ValidationException",
      `after is ${after} and limit is ${limit}: expected whole numbers, and a limit from 1 to ${linesMax}`,
    );
  const hasEnded = isOver(record.state); // before the lines are read: what comes later is found by the next request
  const { lines, next } = scriptLogs.read({ deploymentId, target, event, search, after, limit });
  return {
    lines,
    after: next ?? lines.at(-1)?.position ?? after,
    isMore: next !== undefined,
    isOver: hasEnded,
    tails: after === 0 ? tailsOf({ store, scriptLogs }, { deploymentId, target, event, search }) : [],
  };
}

/** Official agents report the end of a log alone. */
function tailsOf(
  { store, scriptLogs }: { readonly store: Store; readonly scriptLogs: ScriptLogs },
  asked: {
    readonly deploymentId: string;
    readonly target: string | undefined;
    readonly event: string | undefined;
    readonly search: string | undefined;
  },
): readonly LogTail[] {
  const { deploymentId } = asked;
  const search = asked.search?.toLowerCase();
  const tails: LogTail[] = [];
  for (const { id: target, events } of store.deployments.targets(deploymentId)) {
    if (asked.target !== undefined && asked.target !== target) continue;
    for (const { name: event, diagnostics } of events) {
      if (asked.event !== undefined && asked.event !== event) continue;
      if (diagnostics === undefined || diagnostics.logTail === "") continue;
      if (scriptLogs.count({ deploymentId, target, event }) > 0) continue;
      const lines = diagnostics.logTail.trimEnd().split("\n");
      const shown = search === undefined ? lines : lines.filter((line) => line.toLowerCase().includes(search));
      if (shown.length > 0) tails.push({ target, event, script: diagnostics.scriptName || undefined, lines: shown });
      if (tails.length === tailsMax) return tails;
    }
  }
  return tails;
}
