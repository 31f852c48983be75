import type { Endpoint } from "./endpoint.ts";
import { callSluice } from "./sluice-call.ts";

/** What the audit log is asked for. */
export interface AuditRequest {
  readonly since?: string;
  readonly json?: boolean;
}

interface Entry {
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
  readonly nextToken?: string;
  readonly isIntact?: boolean;
  readonly problem?: string;
  readonly head?: string;
}

/** Prints the audit log, oldest first, as lines or as JSON, one object a line. Gives 0 if the log is as it was written. */
export async function audit(endpoint: Endpoint, request: AuditRequest, print: (line: string) => void): Promise<number> {
  const since = request.since === undefined ? 0 : timeOf(request.since, Date.now());
  let first: Page | undefined;
  let nextToken: string | undefined;
  do {
    const input = { since, ...(nextToken === undefined ? {} : { nextToken }) };
    const page = (await callSluice(endpoint, "ListAuditEntries", input)) as Page; // the operation's output
    for (const entry of page.entries) print(request.json === true ? JSON.stringify(entry) : lineOf(entry));
    first ??= page;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  if (first.isIntact !== true) {
    console.error(`The audit log has been tampered with: ${first.problem}`);
    return 1;
  }
  if (request.json !== true) console.error(`The log is as it was written; its last hash is ${first.head}`);
  return 0;
}

const lineOf = ({ at, caller, service, operation, resources, outcome, requestId }: Entry): string =>
  [new Date(at).toISOString(), caller, `${service}:${operation}`, resources.join(","), outcome, requestId].join("  ");

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A point in time, in milliseconds: `30m`, `2h`, `7d` ago, or a date that JavaScript reads. */
export function timeOf(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : now - Number(count) * (units[unit] ?? Number.NaN);
  if (Number.isNaN(time))
    throw new Error(`Cannot read the time "${text}": something like 30m, 2h, 7d or 2026-01-31T12:00:00Z is wanted`);
  return time;
}
