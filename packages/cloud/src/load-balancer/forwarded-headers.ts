import type { IncomingMessage } from "node:http";
import { randomHex } from "../random.ts";

/** Headers that belong to one connection and go no further. */
const hopByHop = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
]);

/** The headers with which a request goes on to its target, as a flat list of names and values. */
export function headersForTarget(request: IncomingMessage, port: number): string[] {
  const { rawHeaders, headers, socket, method } = request;
  const sent: string[] = [];
  const named = connectionOptions(headers.connection);
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || replaced.has(lower) || named?.has(lower) === true) continue;
    sent.push(name, rawHeaders[at + 1] ?? "");
  }
  const client = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const before = headers["x-forwarded-for"];
  sent.push("X-Forwarded-For", before === undefined ? client : `${String(before)}, ${client}`);
  sent.push("X-Forwarded-Proto", "http", "X-Forwarded-Port", String(port));
  const trace = headers["x-amzn-trace-id"];
  sent.push("X-Amzn-Trace-Id", trace === undefined ? `Root=${traceRoot()}` : String(trace));
  if (!hasBody(request) && method !== "GET" && method !== "HEAD" && headers["content-length"] === undefined)
    sent.push("Content-Length", "0"); // or it would be sent as chunks
  return sent;
}

const replaced = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id"]);

/** Whether a request brings a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** The headers with which an answer goes back to the client. */
export function headersForClient({ rawHeaders, headers }: IncomingMessage): string[] {
  const sent: string[] = [];
  const named = connectionOptions(headers.connection);
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const lower = name.toLowerCase();
    // How the body is framed is settled with the client anew.
    if (hopByHop.has(lower) || lower === "transfer-encoding" || named?.has(lower) === true) continue;
    sent.push(name, rawHeaders[at + 1] ?? "");
  }
  return sent;
}

function connectionOptions(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || /^(keep-alive|close)$/i.test(connection)) return undefined;
  return new Set(connection.split(",").map((option) => option.trim().toLowerCase()));
}

/** Tells apart what this process and others number alike. */
const processPart = randomHex(8);
let traced = 0;

function traceRoot(): string {
  traced = (traced + 1) % 2 ** 32;
  const seconds = Math.trunc((performance.timeOrigin + performance.now()) / 1000);
  return `1-${seconds.toString(16).padStart(8, "0")}-${processPart}${traced.toString(16).padStart(8, "0")}`;
}
