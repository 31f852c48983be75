// A reporter of Node's test runner: each test's end as a line of JSON, for scripts/test.ts.
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import type { TestEvent } from "node:test/reporters";

/** How a test ended. */
export interface Ended {
  readonly name: string;
  /** How many tests and suites it is in. */
  readonly nesting: number;
  readonly isSuite: boolean;
  readonly outcome: "passed" | "failed" | "cancelled" | "skipped" | "todo";
  /** Why it was skipped, or failed. */
  readonly why?: string;
  readonly milliseconds: number;
}

/** What the whole file has used of processors. */
export interface Used {
  readonly cpuSeconds: number;
}

/** Node's own interface for reporters asks for a default export. */
export default async function* events(source: AsyncIterable<TestEvent>) {
  for await (const event of source)
    if (event.type === "test:pass" || event.type === "test:fail") yield `${JSON.stringify(ended(event))}\n`;
  yield `${JSON.stringify({ cpuSeconds: cpuSeconds() } satisfies Used)}\n`;
}

/** Processor time of this process and of its children that have ended, in seconds; 0 without /proc. */
function cpuSeconds(): number {
  try {
    // After the name in parentheses: the 12th to the 15th field, in hundredths of a second.
    const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    return 0;
  }
}

function ended({ type, data }: Extract<TestEvent, { type: "test:pass" | "test:fail" }>): Ended {
  const { name, nesting, details, skip, todo } = data;
  const common = { name, nesting, isSuite: details.type === "suite", milliseconds: details.duration_ms };
  if (skip !== undefined && skip !== false)
    return { ...common, outcome: "skipped", why: typeof skip === "string" && skip !== "" ? skip : "no reason given" };
  if (todo !== undefined && todo !== false) return { ...common, outcome: "todo" };
  if (type === "test:pass") return { ...common, outcome: "passed" };
  const { error } = data.details;
  const isCancelled = "failureType" in error && error.failureType === "cancelledByParent";
  return { ...common, outcome: isCancelled ? "cancelled" : "failed", why: inspect(error.cause ?? error) };
}
