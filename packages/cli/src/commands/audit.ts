import { printable } from "@sluice/aws-protocol/printable";
import type { Endpoint } from "../endpoint.ts";
import { callSluice } from "../sluice-call.ts";

/** What the audit log is asked for. */
export interface AuditRequest {
  readonly since?: string | undefined;
  readonly json?: boolean | undefined;
}

/** An entry of the audit log, as the operation returns it. */
export interface Entry {
  readonly sequence: number;
  readonly at: number;
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly resources: readonly string[];
  readonly outcome: string;
}

interface Page {
  readonly entries: readonly Entry[];
  readonly nextToken?: string | undefined;
  readonly isIntact?: boolean | undefined;
  readonly problem?: string | undefined;
  readonly head?: string | undefined;
}

/** Prints the audit log, oldest first, as lines or as JSON, one object a line. Returns 0 if the log is as it was written. */
export async function audit(endpoint: Endpoint, request: AuditRequest, print: (line: string) => void): Promise<number> {
  const since = request.since === undefined ? 0 : timeOf(request.since, Date.now());
  let first: Page | undefined;
  let nextToken: string | undefined;
  do {
    const input = { since, nextToken };
    const page = (await callSluice(endpoint, "ListAuditEntries", input)) as Page; // the operation's output
    for (const entry of page.entries) print(request.json === true ? printable(JSON.stringify(entry)) : lineOf(entry));
    first ??= page;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  if (first.isIntact !== true) {
    console.error(`The audit log has been tampered with: ${printable(String(first.problem))}`);
    return 1;
  }
  if (request.json !== true)
    console.error(`The log is as it was written; its last hash is ${printable(String(first.head))}`);
  return 0;
}

/** Longest name of a caller or a resource that a line shows, in characters: a refused request may have named anything. */
const shownMax = 300;

/** Returns an entry as a line of columns. None of them can look like two, or like another line. */
export function lineOf({ at, caller, service, operation, resources, outcome, requestId }: Entry): string {
  const time = new Date(at).toISOString();
  const what = resources.map(word).join(",");
  return [time, word(caller), word(`${service}:${operation}`), what, word(outcome), word(requestId)].join("  ");
}

/** A text as it is when it is one word, and in quotes when it is not. */
function word(text: string): string {
  const shown = printable(text, shownMax);
  return /[\s",]/.test(shown) ? `"${shown.replaceAll('"', '\\"')}"` : shown;
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Returns a time, in milliseconds: `30m`, `2h`, `7d` ago, or a date that JavaScript reads. */
export function timeOf(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : now - Number(count) * (units[unit] ?? Number.NaN);
  if (Number.isNaN(time))
    throw new Error(`Cannot read the time "${text}": expected something like 30m, 2h, 7d or 2026-01-31T12:00:00Z`);
  return time;
}
