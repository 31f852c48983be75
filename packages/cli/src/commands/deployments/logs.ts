import { setTimeout as pause } from "node:timers/promises";
import { printable } from "@sluice/aws-protocol/printable";
import type { Endpoint } from "../../endpoint.ts";
import { callSluice } from "../../sluice-call.ts";

/** Which lines are printed. */
export interface LogsRequest {
  readonly target?: string | undefined;
  readonly event?: string | undefined;
  /** Only lines with this text. */
  readonly grep?: string | undefined;
  /** Go on until the deployment is over. */
  readonly follow?: boolean | undefined;
  readonly json?: boolean | undefined;
}

interface Line {
  readonly target: string;
  readonly event: string;
  readonly script?: string | undefined;
  readonly stream?: string | undefined;
  readonly line: number;
  readonly text: string;
}

interface Answer {
  readonly lines: readonly Line[];
  readonly after: number;
  readonly isMore: boolean;
  readonly isOver: boolean;
  readonly tails: readonly {
    readonly target: string;
    readonly event: string;
    readonly script?: string | undefined;
    readonly lines: readonly string[];
  }[];
}

/** How often it is asked for more, in milliseconds. */
const pauseMilliseconds = 1_000;

/** After a deployment's end its last lines are on their way: it is over when so often none has come. */
const lastRounds = 3;

/** Prints what the scripts of a deployment have printed, and goes on with `follow`. */
export async function logs(
  endpoint: Endpoint,
  deploymentId: string,
  request: LogsRequest,
  print: (line: string) => void,
): Promise<void> {
  const { target, event, grep, follow, json } = request;
  const names = { showsTarget: target === undefined, showsEvent: event === undefined };
  let after = 0;
  for (let rounds = 0; rounds < lastRounds;) {
    const input = { deploymentId, targetId: target, event, search: grep, after };
    const answer = (await callSluice(endpoint, "ListDeploymentLogLines", input)) as Answer;
    for (const line of answer.lines) print(json === true ? printable(JSON.stringify(line)) : lineOf(line, names));
    if (after === 0 && follow !== true) printTails(answer, { ...names, json, print });
    after = answer.after;
    if (answer.lines.length > 0) rounds = 0;
    else if (answer.isOver) rounds += 1;
    if (answer.isMore) continue;
    if (follow !== true) return;
    await pause(pauseMilliseconds);
  }
}

interface Names {
  readonly showsTarget: boolean;
  readonly showsEvent: boolean;
}

function printTails(
  { tails }: Answer,
  { json, print, ...names }: Names & { json: boolean | undefined; print: (line: string) => void },
): void {
  for (const { target, event, script, lines } of tails) {
    if (json !== true) print(`${printable(target)} ${event}: the agent has reported the end of the log alone:`);
    for (const [place, text] of lines.entries()) {
      const line = { target, event, script, line: place + 1, text };
      print(json === true ? printable(JSON.stringify({ ...line, isTail: true })) : lineOf(line, names));
    }
  }
}

/** Such as `i-1 ValidateService 12| text`; what everybody knows is left out. */
function lineOf({ target, event, line, text }: Line, { showsTarget, showsEvent }: Names): string {
  const head = [...(showsTarget ? [target] : []), ...(showsEvent ? [event] : []), String(line)].join(" ");
  return `${printable(head)}| ${printable(text)}`;
}
