import type { Socket } from "node:net";
import { actionChooser, type Chooser } from "../routing/choose-action.ts";
import { ClientConnection, type RequestHandler } from "./client-connection.ts";
import type { InFlightRequest } from "./client-state.ts";
import type { Listener } from "../control/configuration.ts";
import { type ListenerContext, Exchange } from "./exchange.ts";
import { respondWithFixed, respondWithError, redirect } from "../http/local-responses.ts";
import type { RequestHead } from "../http/request-head.ts";
import { Route } from "../routing/route.ts";
import type { TargetPool } from "../routing/upstreams.ts";

interface Entry {
  readonly hostname: string;
  readonly listener: ListenerContext;
  readonly choose: Chooser;
}

/** One HTTP port, and the load balancers that share it. */
export class HttpListener implements RequestHandler {
  idleMilliseconds = 0;
  #entries: readonly Entry[] = [];
  #pools: ReadonlyMap<string, TargetPool> = new Map();
  readonly #clients = new Set<ClientConnection>();

  configure(listeners: readonly Listener[], pools: ReadonlyMap<string, TargetPool>): void {
    this.#entries = listeners.map(({ hostname, port, tls, idleSeconds, rules }) => ({
      hostname,
      listener: { port, protocol: tls === undefined ? "http" : "https", idleMilliseconds: idleSeconds * 1000 },
      choose: actionChooser(rules),
    }));
    this.#pools = pools;
    this.idleMilliseconds = Math.max(...listeners.map(({ idleSeconds }) => idleSeconds)) * 1000;
  }

  accept(socket: Socket): void {
    socket.allowHalfOpen = true; // a client may end its side and still wait for the response
    socket.setNoDelay(true);
    this.#clients.add(new ClientConnection(socket, this));
  }

  serve(client: ClientConnection, head: RequestHead): InFlightRequest | undefined {
    const entry = this.#entryFor(head.host);
    const action = entry?.choose(head, client.address);
    if (entry === undefined || action === undefined) respondWithError(client, 503);
    else if (action.type === "fixed-response") respondWithFixed(client, action);
    else if (action.type === "redirect") redirect(client, head, { action, ...entry.listener });
    else return this.#forward(client, head, { route: Route.find(action, head, this.#pools), listener: entry.listener });
    return undefined;
  }

  forget(client: ClientConnection): void {
    this.#clients.delete(client);
  }

  /** Finishes the requests under way, and takes no more. */
  close(): void {
    this.#entries = [];
    for (const client of this.#clients) client.closeWhenIdle();
  }

  #forward(
    client: ClientConnection,
    head: RequestHead,
    { route, listener }: { readonly route: Route | undefined; readonly listener: ListenerContext },
  ): InFlightRequest | undefined {
    if (route === undefined) respondWithError(client, 503);
    const exchange = route && new Exchange(client, head, { route, listener });
    exchange?.start();
    return exchange;
  }

  #entryFor(host: string): Entry | undefined {
    if (this.#entries.length < 2) return this.#entries[0];
    const name = host.replace(/:\d*$/, "").toLowerCase();
    return this.#entries.find(({ hostname }) => hostname === name) ?? this.#entries[0];
  }
}
