import {
  ConnectionLimits,
  type ConnectionLimitsOptions,
  defaultConnectionLimits,
  isLoopback,
} from "@sluice/aws-protocol";
import { isOfHostSetup } from "../admin-api/host-setup/host-setup.ts";
import { shownWhereSafe } from "../console/http/shown-where-safe.ts";
import type { TransportOptions } from "../console/http/transport.ts";
import { hostOf, isOnLoopback } from "./node-address.ts";
import type { RequestListener, Server } from "node:http";
import { connect, type Socket } from "node:net";
import { request as requestTls } from "node:https";
import { request } from "@sluice/aws-protocol/node-http";

/** How long another node may take to answer, in milliseconds: longer than any page. */
const answerMilliseconds = 30_000;

/** How long a connection may be silent at first, in milliseconds. */
const firstByteMilliseconds = 20_000;

/** The first byte of every TLS connection. */
const handshakeRecord = 0x16;

const plainRefused =
  "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: 94\r\n\r\nThis node hands connections of other machines through to one on its own machine with TLS only\n";

/** Where a URL's host is, as sockets want it. */
function placeOf(address: string): { readonly host: string; readonly port: number } {
  const { protocol, port } = new URL(address);
  return { host: hostOf(address), port: Number(port || (protocol === "https:" ? 443 : 80)) };
}

export interface PassConnectionsOptions extends Pick<TransportOptions, "isBehindProxy"> {
  /** How many are handed through at a time; undefined: as many as this process serves. */
  readonly connections?: ConnectionLimitsOptions | undefined;
}

/**
 * Hands connections that come to a server through to another node, byte by byte, while there is one to hand them to:
 * for a node whose program does not know the tables as they are. `to` is undefined when this node serves by itself.
 */
export function passConnectionsOn(
  server: Server,
  to: () => string | undefined,
  { isBehindProxy, connections = defaultConnectionLimits() }: PassConnectionsOptions,
): void {
  const own = server.listeners("connection");
  // The server's own listeners count those that it serves. Whoever asks for too many of these makes room as there.
  const limits = new ConnectionLimits(connections);
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const address = to();
    if (address === undefined) return own.forEach((serve) => serve.call(server, socket));
    if (address === "") return void socket.destroy();
    limits.add(socket);
    if (socket.destroyed) return;
    const hand = () => join(socket, connect(placeOf(address)));
    // At a node on this machine what comes from here is taken for this machine's own.
    if (isBehindProxy || isLoopback(socket.remoteAddress) || !isOnLoopback(address)) hand();
    else ifEncrypted(socket, hand);
  });
}

/** Goes on with a connection that speaks TLS, and refuses others. */
function ifEncrypted(socket: Socket, goOn: () => void): void {
  const end = () => socket.destroy();
  socket.setTimeout(firstByteMilliseconds, end).once("error", end);
  socket.once("readable", () => {
    const first = socket.read(1) as Buffer | null; // sockets without an encoding give bytes
    if (first === null) return end();
    socket.unshift(first);
    if (first[0] !== handshakeRecord) return void socket.end(plainRefused, "latin1", end);
    socket.setTimeout(0).off("timeout", end).off("error", end);
    goOn();
  });
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.setNoDelay(true);
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}

/**
 * Serves what is no AWS request from the node that writes: pages, and hosts that are set up. How a request has come to
 * this node is judged here, since the other one sees only how it comes from here.
 */
export function passRequestsOn(
  to: () => string | undefined,
  { authority, ...transport }: TransportOptions & { readonly authority: string | undefined },
): RequestListener {
  const pass = passing(to, authority);
  const pages = shownWhereSafe(pass, transport);
  return (incoming, outgoing) => (isOfHostSetup(incoming) ? pass : pages)(incoming, outgoing);
}

function passing(to: () => string | undefined, authority: string | undefined): RequestListener {
  return (incoming, outgoing) => {
    const address = to();
    if (address === undefined)
      return void outgoing
        .writeHead(503, { "content-type": "text/plain; charset=utf-8", "retry-after": "1" })
        .end("No node writes at this moment. Try again\n");
    const isSecure = address.startsWith("https:");
    const options = {
      ...placeOf(address),
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
      timeout: answerMilliseconds,
      ...(authority === undefined ? {} : { ca: [authority], checkServerIdentity: () => undefined }),
    };
    const asking = (isSecure ? requestTls : request)(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    asking.on("error", () => {
      if (outgoing.headersSent) return void outgoing.destroy();
      outgoing
        .writeHead(502, { "content-type": "text/plain; charset=utf-8" })
        .end("The node that writes does not answer\n");
    });
    outgoing.on("close", () => asking.destroy());
    incoming.pipe(asking);
  };
}
