import { connect, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Upstream } from "../routing/upstreams.ts";

/** How often another target is tried when one refuses the connection. */
const retriesMax = 2;

/** Carries a TCP connection of a network load balancer. `pick` returns a target that is not one of those that refused. */
export function tunnelTcp(
  client: Socket,
  to: {
    readonly pick: (refused: ReadonlySet<Upstream>) => Upstream | undefined;
    readonly idleMilliseconds: number;
  },
): void {
  const refused = new Set<Upstream>();
  client.on("error", () => client.destroy());
  const attempt = (): void => {
    const upstream = to.pick(refused);
    if (upstream === undefined) return reset(client);
    const target = connect({ host: upstream.host, port: upstream.port, allowHalfOpen: true, noDelay: true });
    const next = () => {
      refused.add(upstream);
      if (refused.size > retriesMax || client.destroyed) reset(client);
      else attempt();
    };
    target.once("error", next);
    target.once("connect", () => {
      target.off("error", next);
      pipeBothWays(client, target, { upstream, idleMilliseconds: to.idleMilliseconds });
    });
  };
  attempt();
}

/** Resets a connection that no target takes, so that the client notices; under TLS it can only be ended. */
export function reset(client: Socket): void {
  if (client instanceof TLSSocket) client.destroy();
  else client.resetAndDestroy();
}

/** Lets bytes flow both ways until both sides have ended, or both were silent for too long. */
export function pipeBothWays(
  client: Socket,
  target: Socket,
  { upstream, idleMilliseconds }: { readonly upstream: Upstream; readonly idleMilliseconds: number },
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
      if (!socket.readableEnded) end(); // broken off; otherwise what was sent still reaches the other side
    });
  target.setTimeout(idleMilliseconds, end);
  client.pipe(target);
  target.pipe(client);
}
