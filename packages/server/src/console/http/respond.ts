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

/** Sends an answer as JSON. */
export async function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    body,
    headers = {},
  }: { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> },
): Promise<void> {
  const text = Buffer.from(JSON.stringify(body));
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
