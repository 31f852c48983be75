import type { RequestListener, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";
import { Server } from "./node-http.ts";
import { QuickConnection, type QuickTerms } from "./quick-connection.ts";

/** A listener for Node's server, and the way past that for requests that come whole. */
export type FrontDoor = RequestListener & {
  /** Absent where Node's server reads all requests. */
  readonly take?: (exchange: Exchange) => void;
};

/** An HTTP server that reads requests itself as long as they come whole, and leaves a connection to Node as soon as one does not. */
export class QuickServer extends Server {
  readonly #quick = new Set<QuickConnection>();

  constructor(options: ServerOptions & { readonly keepAliveTimeout: number }, door: FrontDoor) {
    super(options, door);
    const { take } = door;
    if (take === undefined) return;
    // Node's own listener for connections: it goes on with what was begun here.
    const [serve] = this.listeners("connection");
    this.removeAllListeners("connection");
    const terms: QuickTerms = {
      take,
      handOver: (socket) => serve?.call(this, socket),
      idleMilliseconds: options.keepAliveTimeout,
      ended: (connection) => this.#quick.delete(connection),
    };
    this.on("connection", (socket: Socket) => this.#quick.add(new QuickConnection(socket, terms)));
  }

  override closeIdleConnections(): void {
    for (const connection of this.#quick) if (connection.isIdle) connection.close();
    super.closeIdleConnections();
  }

  override closeAllConnections(): void {
    for (const connection of this.#quick) connection.close();
    super.closeAllConnections();
  }
}
