import type { Server } from "node:http";
import type { ConnectionLimitsOptions } from "./connection-limits.ts";
import { HttpOrHttpsServer, type HttpsOptions } from "./http-or-https-server.ts";
import { limitPipelining } from "./pipelining.ts";
import { type FrontDoor, FastPathServer } from "./fast-path-server.ts";

/** How long an idle connection is kept, in milliseconds: longer than agents hold a poll, which is 60 s, and than clients pause between calls. */
const keepAliveMilliseconds = 75_000;

/** The responses to a request whose head is not HTTP or does not end, by Node's error code: its protocol is not known yet. */
const unreadable: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large\r\nx-amzn-ErrorType: RequestHeaderSectionTooLarge",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout\r\nx-amzn-ErrorType: RequestTimeout",
};

/** How long a request may take to arrive, in milliseconds: the largest part of an upload, 5 GiB, over a slow line. */
const requestMilliseconds = 6 * 60 * 60 * 1000;

/** Limits that suit held polls and streamed uploads, for any server in front of the services. */
export const frontDoorLimits = {
  keepAliveTimeout: keepAliveMilliseconds,
  headersTimeout: 20_000,
  requestTimeout: requestMilliseconds,
  maxHeaderSize: 32 * 1024,
  noDelay: true,
};

/** Creates a server for the front door. With a certificate it speaks HTTPS besides HTTP. */
export function createFrontDoorServer(
  door: FrontDoor,
  tls?: HttpsOptions,
  connections?: ConnectionLimitsOptions,
): Server {
  const options = { ...frontDoorLimits, connections };
  const listener: FrontDoor = Object.assign(limitPipelining(door), { onRequest: door.onRequest });
  const server =
    tls === undefined ? new FastPathServer(options, listener) : new HttpOrHttpsServer(options, listener, tls);
  // Without this, Node itself would send `100 Continue`, also for requests that are refused.
  server.on("checkContinue", listener);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const line = unreadable[error.code ?? ""] ?? "400 Bad Request\r\nx-amzn-ErrorType: BadRequest";
    if (socket.writable) socket.end(`HTTP/1.1 ${line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  });
  return server;
}
