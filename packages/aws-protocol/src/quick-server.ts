import type { RequestListener, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { ConnectionLimits, type ConnectionLimitsOptions, defaultConnectionLimits } from "./connection-limits.ts";
import type { Exchange } from "./exchange.ts";
import { Server } from "./node-http.ts";
import { QuickConnection, type QuickTerms } from "./quick-connection.ts";

/** A listener for Node's server, and the way past that for requests that come whole. */
export type FrontDoor = RequestListener & {
  /** Absent where Node's server reads all requests. */
  readonly take?: (exchange: Exchange) => void;
};

/** What such a server is made with. */
export interface QuickServerOptions extends ServerOptions {
  readonly keepAliveTimeout: number;
  readonly headersTimeout: number;
  /** Absent: far more than any fleet has. */
  readonly connections?: ConnectionLimitsOptions | undefined;
}

/** An HTTP server that reads requests itself as long as they come whole, and leaves a connection to Node as soon as one does not. */
export class QuickServer extends Server {
  /** Connections that have come, and how many may. */
  protected readonly connectionLimits: ConnectionLimits;
  readonly #quick = new Set<QuickConnection>();

  constructor(options: QuickServerOptions, door: FrontDoor) {
    super(options, door);
    this.connectionLimits = new ConnectionLimits(options.connections ?? defaultConnectionLimits);
    const { take } = door;
    // Node's own listener for connections: it goes on with what was begun here.
    const [serve] = this.listeners("connection");
    this.removeAllListeners("connection");
    const handOver = (socket: Socket): unknown => serve?.call(this, socket);
    const terms: QuickTerms | undefined = take && {
      take,
      handOver,
      firstMilliseconds: options.headersTimeout,
      idleMilliseconds: options.keepAliveTimeout,
      ended: (connection) => this.#quick.delete(connection),
    };
    this.on("connection", (socket: Socket) => {
      this.connectionLimits.enter(socket);
      if (terms === undefined) handOver(socket);
      else if (!socket.destroyed) this.#quick.add(new QuickConnection(socket, terms));
    });
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
