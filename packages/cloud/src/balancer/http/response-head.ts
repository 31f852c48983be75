import type { Field } from "@sluice/aws-protocol/http-head";
import { BadMessage, headersOf, keepsConnection, messageFraming } from "./message-head.ts";

/** A target's response without its body. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
  /** Of the body, in bytes; where the head does not say, the body ends with the connection. */
  readonly length: number | "chunked" | "until close";
  readonly options: ReadonlySet<string> | undefined;
  readonly keepsConnection: boolean;
}

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t -~\x80-\xff]*))?$/;

/** Parses a response's head, without the empty line that ends it; `method` is the request's. Throws BadMessage. */
export function parseResponseHead(text: string, method: string): ResponseHead {
  const end = text.indexOf("\r\n");
  const [, minor, code, reason = ""] = statusLine.exec(text.slice(0, end)) ?? [];
  if (code === undefined) throw new BadMessage("The status line is not valid", 502);
  const status = Number(code);
  const isOld = minor === "0";
  const fields = headersOf(text, end + 2);
  const framing = messageFraming(fields, isOld);
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
