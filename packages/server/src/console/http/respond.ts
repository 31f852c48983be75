import type { IncomingMessage, ServerResponse } from "node:http";
import { gzip } from "node:zlib";

/** What every answer of the console's endpoints says: it is nobody's page, frame, script or cache entry. */
export const answerHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store, no-transform",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  vary: "accept-encoding, cookie, x-sluice-session",
  "x-content-type-options": "nosniff",
};

/** From so many bytes on an answer is compressed. */
const compressedFrom = 2_048;

/** Sends what is JSON already. */
export const sendText = (request: IncomingMessage, response: ServerResponse, json: string): Promise<void> =>
  sendBytes(request, response, { status: 200, text: Buffer.from(json), headers: {} });

/** Sends an answer as JSON. */
export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    body,
    headers = {},
  }: { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> },
): Promise<void> {
  return sendBytes(request, response, { status, text: Buffer.from(JSON.stringify(body)), headers });
}

async function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  answer: { readonly status: number; readonly text: Buffer; readonly headers: Readonly<Record<string, string>> },
): Promise<void> {
  const { status, text, headers } = answer;
  const takesGzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  const bytes = takesGzip && text.length >= compressedFrom ? await compressed(text) : text;
  if (response.destroyed) return;
  response.writeHead(status, {
    ...answerHeaders,
    "content-type": "application/json; charset=utf-8",
    ...(bytes === text ? {} : { "content-encoding": "gzip" }),
    "content-length": bytes.length,
    ...headers,
  });
  response.end(bytes);
}

/** Quick rather than small: it is on the way of every large answer. */
const compressed = (bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    gzip(bytes, { level: 3 }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
