import type { Server } from "node:http";
import type { ConnectionLimitsOptions } from "./connection-limits.ts";
import { HttpOrHttpsServer, type HttpsOptions } from "./http-or-https-server.ts";
import { limitPipelining } from "./pipelining.ts";
import { type FrontDoor, FastPathServer } from "./fast-path-server.ts";

/** Agents hold a poll for up to 60 s and clients keep connections between calls: an idle connection lives longer than that, in milliseconds. */
const keepAliveMilliseconds = 75_000;

/** What a request is told that is not even HTTP to its end, by Node's name for it: nobody knows yet which protocol it speaks. */
const unreadable: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large\r\nx-amzn-ErrorType: RequestHeaderSectionTooLarge",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout\r\nx-amzn-ErrorType: RequestTimeout",
};

/** How long a request may take to come, in milliseconds: the largest part of an upload, 5 GiB, over a slow line. */
const requestMilliseconds = 6 * 60 * 60 * 1000;

/** Limits that fit held polls and streamed uploads, for any server in front of the services. */
export const frontDoorLimits = {
  keepAliveTimeout: keepAliveMilliseconds,
  headersTimeout: 20_000,
  requestTimeout: requestMilliseconds,
  maxHeaderSize: 32 * 1024,
  noDelay: true,
};

/** A server for the front door; with a certificate it speaks HTTPS beside HTTP. */
export function createFrontDoorServer(
  door: FrontDoor,
  tls?: HttpsOptions,
  connections?: ConnectionLimitsOptions,
): Server {
  const options = { ...frontDoorLimits, connections };
  const listener: FrontDoor = Object.assign(limitPipelining(door), { onRequest: door.onRequest });
  const server =
    tls === undefined ? new FastPathServer(options, listener) : new HttpOrHttpsServer(options, listener, tls);
  // Without this Node itself would ask for every body, also for those of requests that are refused.
  server.on("checkContinue", listener);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const line = unreadable[error.code ?? ""] ?? "400 Bad Request\r\nx-amzn-ErrorType: BadRequest";
    if (socket.writable) socket.end(`HTTP/1.1 ${line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  });
  return server;
}
