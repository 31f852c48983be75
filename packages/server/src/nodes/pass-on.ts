import type { RequestListener, Server } from "node:http";
import { connect, type Socket } from "node:net";
import { request as requestTls } from "node:https";
import { request } from "@sluice/aws-protocol/node-http";

/** How long another node may take to answer, in milliseconds: longer than any page. */
const answerMilliseconds = 30_000;

/** Where a URL's host is, as sockets want it. */
function placeOf(address: string): { readonly host: string; readonly port: number } {
  const { protocol, hostname, port } = new URL(address);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) };
}

/**
 * Hands connections that come to a server through to another node, byte by byte, while there is one to hand them to:
 * for a node whose program does not know the tables as they are. `to` is undefined when this node serves by itself.
 */
export function passConnectionsOn(server: Server, to: () => string | undefined): void {
  const own = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const address = to();
    if (address === undefined) for (const serve of own) serve.call(server, socket);
    else if (address === "") socket.destroy();
    else join(socket, connect(placeOf(address)));
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

/** Serves what is no AWS request from the node that writes: pages, and hosts that are set up. */
export function passRequestsOn(to: () => string | undefined, authority: string | undefined): RequestListener {
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
