import { type IncomingMessage, request as openRequest, STATUS_CODES } from "node:http";
import { connect, type Socket } from "node:net";
import { headersForClient, headersForTarget } from "./forwarded-headers.ts";
import { pageOf } from "./pages.ts";
import type { Upstream } from "./upstreams.ts";

/** Carries a connection that changes over to another protocol, such as WebSocket. */
export function tunnelUpgrade(
  request: IncomingMessage,
  client: Socket,
  {
    head,
    port,
    idleSeconds,
    upstream,
  }: { head: Buffer; port: number; idleSeconds: number; upstream: Upstream | undefined },
): void {
  client.on("error", () => client.destroy());
  if (upstream === undefined) return refuse(client, 503);
  const headers = [
    ...headersForTarget(request, port),
    "Connection",
    "Upgrade",
    "Upgrade",
    String(request.headers.upgrade),
  ];
  const sent = openRequest({
    agent: false,
    host: upstream.host,
    port: upstream.port,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers,
    setHost: false,
  });
  client.once("close", () => sent.destroy());
  sent.setTimeout(idleSeconds * 1000, () => sent.destroy(new Error("The target did not answer in time")));
  sent.on("error", () => refuse(client, 502));
  sent.on("response", (answer) => {
    // The target stays with HTTP: its answer goes back, and the connection ends.
    client.write(headOf(answer, [...headersForClient(answer), "Connection", "close"]));
    answer.pipe(client);
  });
  sent.on("upgrade", (answer, target, first) => {
    const changed = ["Connection", "Upgrade", "Upgrade", answer.headers.upgrade ?? ""];
    client.write(headOf(answer, [...headersForClient(answer), ...changed]));
    if (first.length > 0) client.write(first);
    if (head.length > 0) target.write(head);
    join(client, target, { upstream, idleSeconds });
  });
  sent.end();
}

/** How often another target is tried when one refuses the connection. */
const retriesMax = 2;

/** Carries a TCP connection of a network load balancer. */
export function tunnelTcp(
  client: Socket,
  { pick, idleSeconds }: { pick: (except: ReadonlySet<Upstream>) => Upstream | undefined; idleSeconds: number },
): void {
  const refused = new Set<Upstream>();
  client.on("error", () => client.destroy());
  const attempt = (): void => {
    const upstream = pick(refused);
    if (upstream === undefined) return void client.resetAndDestroy();
    const target = connect({ host: upstream.host, port: upstream.port, allowHalfOpen: true, noDelay: true });
    const next = () => {
      refused.add(upstream);
      if (refused.size > retriesMax || client.destroyed) client.resetAndDestroy();
      else attempt();
    };
    target.once("error", next);
    target.once("connect", () => {
      target.off("error", next);
      join(client, target, { upstream, idleSeconds });
    });
  };
  attempt();
}

/** Lets bytes flow both ways until both sides have ended, or neither has said anything for too long. */
function join(
  client: Socket,
  target: Socket,
  { upstream, idleSeconds }: { readonly upstream: Upstream; readonly idleSeconds: number },
): void {
  upstream.inFlight += 1;
  upstream.tunnels.add(target);
  const end = () => {
    client.destroy();
    target.destroy();
  };
  target.once("close", () => {
    upstream.inFlight -= 1;
    upstream.tunnels.delete(target);
  });
  for (const socket of [client, target])
    socket.on("error", end).once("close", () => {
      if (!socket.readableEnded) end(); // broken off; otherwise the other side still hears what was said
    });
  target.setTimeout(idleSeconds * 1000, end);
  client.pipe(target);
  target.pipe(client);
}

function headOf(answer: IncomingMessage, headers: readonly string[]): string {
  const status = answer.statusCode ?? 502;
  let head = `HTTP/1.1 ${status} ${answer.statusMessage ?? STATUS_CODES[status] ?? ""}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}\r\n`;
}

function refuse(client: Socket, status: 502 | 503): void {
  if (client.destroyed || client.bytesWritten > 0) return void client.destroy();
  const body = pageOf(status);
  client.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
