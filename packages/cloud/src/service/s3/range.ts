import { Fault } from "@sluice/aws-protocol";
import type { Span } from "./blobs.ts";

/** Returns the span that a Range header asks for, or undefined when it asks for everything, or in a form that servers ignore (RFC 9110, 14.2). Throws a Fault when it lies beyond the end. */
export function readRange(header: string | undefined, size: number): Span | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || match[0] === "bytes=-") return undefined;
  const [, first = "", last = ""] = match;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || start > end)
    throw new Fault("InvalidRange", "The requested range is not satisfiable", { status: 416 });
  return { start, end };
}
