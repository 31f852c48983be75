import { STATUS_CODES } from "@sluice/aws-protocol/node-http";
import { wallClock } from "../../clock.ts";
import { randomHex } from "../../random.ts";
import type { ResponseHead } from "./response-head.ts";
import type { Field } from "@sluice/aws-protocol/http-head";
import { valueOf } from "./message-head.ts";
import type { RequestHead } from "./request-head.ts";

/** Headers that belong to one connection and are not passed on. */
const hopByHop = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers of a request that are replaced: the framing of its body, and what the load balancer adds. */
const replaced = new Set([
  ...hopByHop,
  "host",
  "content-length",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-amzn-trace-id",
]);

/** What is known about a request besides its head. */
interface ForwardingContext {
  /** The client's. */
  readonly address: string;
  readonly port: number;
  readonly protocol: "http" | "https";
  /** Whether the connection may be kept for other requests. */
  readonly isKept: boolean;
}

/** Returns the head with which a request goes on to its target. */
export function requestText(head: RequestHead, { address, port, protocol, isKept }: ForwardingContext): string {
  const { fields, length, method, upgrade } = head;
  const before = valueOf(fields, "x-forwarded-for");
  let text = `${method} ${head.target} HTTP/1.1\r\nHost: ${head.host}\r\n`;
  text += linesOf(fields, replaced, head.options);
  text += `X-Forwarded-For: ${before === undefined ? address : `${before}, ${address}`}\r\n`;
  text += `X-Forwarded-Proto: ${protocol}\r\nX-Forwarded-Port: ${port}\r\n`;
  text += `X-Amzn-Trace-Id: ${valueOf(fields, "x-amzn-trace-id") ?? `Root=${traceRoot()}`}\r\n`;
  if (length === "chunked") text += "Transfer-Encoding: chunked\r\n";
  else if (length !== undefined || (method !== "GET" && method !== "HEAD"))
    text += `Content-Length: ${length ?? 0}\r\n`;
  if (upgrade !== undefined) return `${text}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
  return `${text}Connection: ${isKept ? "keep-alive" : "close"}\r\n\r\n`;
}

/** Returns the head with which a response goes back, without the lines about the client's connection; `more` are whole lines. */
export function responseText({ status, reason, fields, options }: ResponseHead, more: string): string {
  let text = `HTTP/1.1 ${status} ${reason === "" ? (STATUS_CODES[status] ?? "") : reason}\r\n`;
  text += linesOf(fields, status === 204 ? hopByHopAndLength : hopByHop, options);
  if (!fields.some(({ key }) => key === "date")) text += `Date: ${dateNow()}\r\n`;
  return text + more;
}

const hopByHopAndLength = new Set([...hopByHop, "content-length"]);

/** Returns headers as lines, without those that are omitted; the connection's options may name more of these. */
function linesOf(
  fields: readonly Field[],
  omitted: ReadonlySet<string>,
  options: ReadonlySet<string> | undefined,
): string {
  let text = "";
  for (const { name, key, value } of fields)
    if (!omitted.has(key) && (options?.has(key) !== true || key === "content-length")) text += `${name}: ${value}\r\n`;
  return text;
}

/** Makes the trace ids of this process differ from those of others. */
const processPart = randomHex(8);
let traced = 0;

function traceRoot(): string {
  traced = (traced + 1) % 2 ** 32;
  return `1-${secondNow().toString(16).padStart(8, "0")}-${processPart}${traced.toString(16).padStart(8, "0")}`;
}

const secondNow = () => Math.trunc(wallClock() / 1000);

let dated = { second: 0, text: "" };

/** Returns the date as HTTP writes it. It is formatted once a second only. */
export function dateNow(): string {
  const second = secondNow();
  if (second !== dated.second) dated = { second, text: new Date(second * 1000).toUTCString() };
  return dated.text;
}
