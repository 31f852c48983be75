import type { Socket } from "node:net";
import { actionChooser, type Chooser } from "../routing/choose-action.ts";
import { ClientConnection, type Front, type Serving } from "./client-connection.ts";
import type { Listener } from "../control/configuration.ts";
import { type Entrance, Exchange } from "./exchange.ts";
import { answerFixed, answerTrouble, redirect } from "../http/local-responses.ts";
import type { RequestHead } from "../http/request-head.ts";
import { Route } from "../routing/route.ts";
import type { TargetPool } from "../routing/upstreams.ts";

interface Entry {
  readonly hostname: string;
  readonly entrance: Entrance;
  readonly choose: Chooser;
}

/** One HTTP port, and the load balancers that listen on it. */
export class HttpFront implements Front {
  idleMilliseconds = 0;
  #entries: readonly Entry[] = [];
  #pools: ReadonlyMap<string, TargetPool> = new Map();
  readonly #clients = new Set<ClientConnection>();

  configure(listeners: readonly Listener[], pools: ReadonlyMap<string, TargetPool>): void {
    this.#entries = listeners.map(({ hostname, port, tls, idleSeconds, rules }) => ({
      hostname,
      entrance: { port, protocol: tls === undefined ? "http" : "https", idleMilliseconds: idleSeconds * 1000 },
      choose: actionChooser(rules),
    }));
    this.#pools = pools;
    this.idleMilliseconds = Math.max(...listeners.map(({ idleSeconds }) => idleSeconds)) * 1000;
  }

  take(socket: Socket): void {
    socket.allowHalfOpen = true; // a client may end its side and still wait for the answer
    socket.setNoDelay(true);
    this.#clients.add(new ClientConnection(socket, this));
  }

  serve(client: ClientConnection, head: RequestHead): Serving | undefined {
    const entry = this.#entryFor(head.host);
    const action = entry?.choose(head, client.address);
    if (entry === undefined || action === undefined) answerTrouble(client, 503);
    else if (action.type === "fixed-response") answerFixed(client, action);
    else if (action.type === "redirect") redirect(client, head, { action, ...entry.entrance });
    else return this.#forward(client, head, { route: Route.find(action, head, this.#pools), entrance: entry.entrance });
    return undefined;
  }

  forget(client: ClientConnection): void {
    this.#clients.delete(client);
  }

  /** Answers what is under way, and nothing more. */
  close(): void {
    this.#entries = [];
    for (const client of this.#clients) client.closeWhenIdle();
  }

  #forward(
    client: ClientConnection,
    head: RequestHead,
    { route, entrance }: { readonly route: Route | undefined; readonly entrance: Entrance },
  ): Serving | undefined {
    if (route === undefined) answerTrouble(client, 503);
    const exchange = route && new Exchange(client, head, { route, entrance });
    exchange?.start();
    return exchange;
  }

  #entryFor(host: string): Entry | undefined {
    if (this.#entries.length < 2) return this.#entries[0];
    const name = host.replace(/:\d*$/, "").toLowerCase();
    return this.#entries.find(({ hostname }) => hostname === name) ?? this.#entries[0];
  }
}
