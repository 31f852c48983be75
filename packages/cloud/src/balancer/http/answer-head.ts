import { BadMessage, type Field, framingOf, keepsConnection, parseFields } from "./message-head.ts";

/** A target's answer without its body. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
  /** How many bytes follow; where nothing says so, all until the connection ends. */
  readonly length: number | "chunked" | "until close";
  readonly options: ReadonlySet<string> | undefined;
  readonly keepsConnection: boolean;
}

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t -~\x80-\xff]*))?$/;

/** Reads an answer's head: everything up to the empty line, which is no part of it. */
export function parseAnswerHead(text: string, method: string): AnswerHead {
  const end = text.indexOf("\r\n");
  const [, minor, code, reason = ""] = statusLine.exec(text.slice(0, end)) ?? [];
  if (code === undefined) throw new BadMessage("The status line is not valid", 502);
  const status = Number(code);
  const isOld = minor === "0";
  const fields = parseFields(text, end + 2);
  const framing = framingOf(fields, isOld);
  const length = hasBody(status, method) ? (framing.length ?? "until close") : 0;
  return {
    status,
    reason,
    fields,
    length,
    options: framing.options,
    keepsConnection: length !== "until close" && keepsConnection(isOld, framing.options),
  };
}

function hasBody(status: number, method: string): boolean {
  return method !== "HEAD" && status >= 200 && status !== 204 && status !== 304;
}
