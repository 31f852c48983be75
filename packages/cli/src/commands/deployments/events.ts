import { setTimeout as pause } from "node:timers/promises";
import { printable } from "@sluice/aws-protocol/printable";
import type { Endpoint } from "../../endpoint.ts";
import { callSluice } from "../../sluice-call.ts";

/** Which events are printed. */
export interface EventsRequest {
  readonly application?: string | undefined;
  readonly group?: string | undefined;
  readonly target?: string | undefined;
  readonly kind?: readonly string[] | undefined;
  /** Only events after this cursor. */
  readonly after?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** An event, as far as a line shows it. */
interface Event {
  readonly at: number;
  readonly kind: string;
  readonly deploymentId?: string | undefined;
  readonly target?: string | undefined;
  readonly event?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly because?: string | undefined;
  readonly actor?: string | undefined;
}

/** How often it is asked for more, in milliseconds. */
const pauseMilliseconds = 1_000;

/** Prints changes of state, the oldest first. Of one deployment `follow` goes on until its end, else until it is interrupted. */
export async function events(
  endpoint: Endpoint,
  deploymentId: string | undefined,
  request: EventsRequest,
  print: (line: string) => void,
): Promise<void> {
  const { application, group, target, kind: kinds, follow, json } = request;
  const filter = { deploymentId, applicationName: application, deploymentGroupName: group, targetId: target, kinds };
  for (let after = cursorOf(request.after); ;) {
    const page = (await callSluice(endpoint, "ListEvents", { ...filter, after })) as {
      readonly events: readonly Event[];
      readonly next: number;
      readonly isMore: boolean;
    };
    for (const event of page.events) print(json === true ? printable(JSON.stringify(event)) : lineOf(event));
    after = page.next;
    if (page.isMore) continue;
    if (follow !== true || (deploymentId !== undefined && page.events.some(isEnd))) return;
    await pause(pauseMilliseconds);
  }
}

function cursorOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`Cannot go on after "${text}": expected a cursor, as --json prints them`);
}

const isEnd = ({ kind, to }: Event) =>
  kind === "deployment" && (to === "Succeeded" || to === "Failed" || to === "Stopped");

/** Such as `2026-11-30T10:00:00.000Z  i-1 ValidateService: InProgress → Failed  (exit code 7, by host)`. */
function lineOf({ at, kind, deploymentId, target, event, from, to, because, actor }: Event): string {
  const what = [target, event].filter((word) => word !== undefined).join(" ");
  const subject = what === "" ? (deploymentId === undefined ? kind : `${kind} ${deploymentId}`) : what;
  const change = to === undefined ? "" : `: ${from === undefined ? to : `${from} → ${to}`}`;
  const why = [because, actor === undefined ? undefined : `by ${actor}`].filter((word) => word !== undefined);
  return printable(
    `${new Date(at).toISOString()}  ${subject}${change}${why.length === 0 ? "" : `  (${why.join(", ")})`}`,
  );
}
